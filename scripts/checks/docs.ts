import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { problems } from "#shared/problems.ts";
import { errorTableFaults } from "./error-table.ts";
import { pageFaults, type Repository } from "./pages.ts";
import { report, repositoryFiles } from "./repository.ts";
import { variableFaults } from "./variables.ts";

/** `npm run docs:check`: the documentation says nothing of the repository that is not so. */

const read = (file: string) => readFileSync(file, "utf8");
const files = repositoryFiles().filter((file) => existsSync(file));
const repository: Repository = {
  files: new Set(files),
  scripts: new Set(Object.keys(JSON.parse(read("package.json")).scripts)),
  problemCodes: new Set(Object.keys(problems)),
  ignored: (path) => spawnSync("git", ["check-ignore", "--quiet", path]).status === 0,
  read,
};
const pages = files.filter((file) => file.endsWith(".md"));
const sources = files
  .filter((file) => /^(?:edge|origin|shared|scripts)\/.*\.ts$|^[^/]+\.config\.ts$/.test(file))
  .map(read)
  .join("\n");

function tierFaults(exampleFile: string, configFile: string): string[] {
  if (!repository.files.has(exampleFile)) return [`there is no ${exampleFile}`];
  const config = read(configFile) + read("shared/environment.ts");
  return variableFaults({ exampleFile, example: read(exampleFile), config, sources });
}

report(
  "docs",
  [
    ...pages.flatMap((path) => pageFaults({ path, text: read(path) }, repository)),
    ...errorTableFaults(read("docs/errors.md"), problems),
    ...tierFaults(".env.example", "origin/config.ts"),
    ...tierFaults(".dev.vars.example", "edge/env.ts"),
  ],
  `${pages.length} pages agree with the repository`,
);
