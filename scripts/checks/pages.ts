import { dirname, join, normalize } from "node:path";

/** What a Markdown page claims of the repository: commands, links and paths that have to exist. */

export type Page = { readonly path: string; readonly text: string };

export type Repository = {
  readonly files: ReadonlySet<string>;
  /** The scripts of package.json. */
  readonly scripts: ReadonlySet<string>;
  readonly problemCodes: ReadonlySet<string>;
  /** Whether git ignores a path, as what commands leave behind. */
  readonly ignored: (path: string) => boolean;
  /** The text of a page, for the headings that links point to. */
  readonly read: (file: string) => string;
};

const BUILT_IN_SCRIPTS = new Set(["ci", "install", "pack", "publish", "exec", "run", "pkg"]);

/** docs/adding-a-resource.md adds a resource that nobody has. */
const EXAMPLE_RESOURCE = /suppliers/;

/** One line for each claim that is not true. */
export function pageFaults(page: Page, repository: Repository): string[] {
  const prose = withoutFences(page.text);
  return [
    ...unknownScripts(page.text, repository),
    ...brokenLinks(page.path, prose, repository),
    ...missingPaths(page.path, prose, repository),
    ...unknownProblems(page.text, repository),
  ].map((fault) => `${page.path}: ${fault}`);
}

function unknownScripts(text: string, { scripts }: Repository): string[] {
  const run = [...text.matchAll(/npm run ([a-z][\w:-]*)/g)].map(([, name = ""]) => name);
  const short = [...text.matchAll(/`npm ([a-z]+)[ `]/g)].map(([, name = ""]) => name);
  return [...run, ...short.filter((name) => !BUILT_IN_SCRIPTS.has(name))]
    .filter((name) => !scripts.has(name))
    .map((name) => `there is no script \`npm run ${name}\``);
}

function brokenLinks(path: string, prose: string, repository: Repository): string[] {
  const targets = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
  return targets
    .filter((target) => !/^[a-z]+:/.test(target))
    .filter((target) => {
      const [file = "", anchor] = target.split("#");
      const linked = file === "" ? path : resolveFrom(path, file);
      if (!exists(linked, repository)) return true;
      return anchor !== undefined && !headingAnchors(repository.read(linked)).has(anchor);
    })
    .map((target) => `the link ${target} leads nowhere`);
}

function missingPaths(path: string, prose: string, repository: Repository): string[] {
  const topFolders = new Set([...repository.files].map((file) => file.split("/")[0]));
  const isClaim = (code: string) =>
    /^[\w.@-]+(?:\/[\w.@-]+)+\/?$|^[\w.@-]+\/$/.test(code) && topFolders.has(code.split("/")[0]);
  return inlineCode(prose)
    .filter((code) => isClaim(code) && !EXAMPLE_RESOURCE.test(code))
    .filter((code) => !exists(code, repository) && !exists(resolveFrom(path, code), repository))
    .filter((code) => !repository.ignored(code))
    .map((code) => `there is no \`${code}\``);
}

function unknownProblems(text: string, { problemCodes }: Repository): string[] {
  return [...text.matchAll(/\/problems\/([a-z][a-z-]*)/g)]
    .map(([, code = ""]) => code)
    .filter((code) => !problemCodes.has(code))
    .map((code) => `there is no problem \`${code}\``);
}

/** The text between single backticks. */
export function inlineCode(prose: string): string[] {
  return [...prose.matchAll(/`([^`\n]+)`/g)].map(([, code = ""]) => code);
}

function withoutFences(text: string): string {
  return text.replaceAll(/^(```|~~~)[\s\S]*?^\1/gm, "");
}

function exists(path: string, { files }: Repository): boolean {
  const folder = path.replace(/\/?$/, "/");
  return files.has(path) || [...files].some((file) => file.startsWith(folder));
}

function resolveFrom(page: string, target: string): string {
  return normalize(join(dirname(page), target));
}

/** GitHub's anchors: lower case, spaces to hyphens, punctuation dropped. */
function headingAnchors(markdown: string): Set<string> {
  const headings = [...withoutFences(markdown).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}
