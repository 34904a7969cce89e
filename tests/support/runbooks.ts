import { readdirSync, readFileSync } from "node:fs";

const FOLDER = "docs/runbooks";

export type Runbook = {
  readonly file: string;
  readonly text: string;
  /** Each line of its blocks of shell, by the heading it stands under. */
  readonly commands: readonly { readonly heading: string; readonly command: string }[];
};

/** All pages of the runbooks, the index among them. */
export function runbooks(): Runbook[] {
  return readdirSync(FOLDER).map((file) => {
    const text = readFileSync(`${FOLDER}/${file}`, "utf8");
    return { file, text, commands: commandsOf(text) };
  });
}

function commandsOf(text: string): Runbook["commands"] {
  return text.split(/^## /m).flatMap((section) => {
    const [heading = ""] = section.split("\n");
    const blocks = [...section.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, block = ""]) => block);
    return blocks.flatMap((block) => block.trim().split("\n")).map((command) => ({ heading, command }));
  });
}

/** What a command does, which decides how it can be tried. */
export function kindOf(
  command: string,
): "setting" | "look" | "query" | "rollback" | "keys" | "later" | "cluster" | null {
  if (/^export [A-Z_]+=\S+/.test(command)) return "setting";
  if (/^psql "\$DATABASE_URL" -c "[^"]+"$/.test(command)) return "query";
  if (/^npm run rollback -- --env production( --dry-run)?$/.test(command)) return "rollback";
  if (/^npm run keys -- (?:list|withdraw --kid="\$KID")$/.test(command)) return "keys";
  if (command === 'npm run post-deploy -- --env production --ops "$OPS_URL"') return "later";
  if (command.startsWith("kubectl --namespace gatehouse-production ")) return "cluster";
  return /^(?:npm run (?:health|smoke) |curl -s "\$OPS_URL|git tag --list )/.test(command) ? "look" : null;
}

/** The statement of a `psql -c`. */
export function statementOf(query: string): string {
  return /-c "([^"]+)"$/.exec(query)?.[1] ?? "";
}
