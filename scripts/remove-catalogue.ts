import { spawnSync } from "node:child_process";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { repositoryFiles } from "./checks/repository.ts";
import { readCommandLine, refuse } from "./local/command-line.ts";
import * as catalogue from "./remove-catalogue/catalogue.ts";

/**
 * `npm run remove-catalogue -- --yes`: takes products, categories and the import out, and leaves a
 * skeleton that starts, type-checks and passes its tests. The tables are dropped by a new migration.
 */

const USAGE = `npm run remove-catalogue -- --yes

Deletes the catalogue's code and tests and writes a migration that drops its tables. Commit what you have
first.`;

const { values } = readCommandLine(USAGE, { options: { yes: { type: "boolean" } } });
if (!values.yes) refuse("Nothing was deleted: --yes is missing.", USAGE);

for (const path of catalogue.REGISTRATIONS)
  keepLines(path, (line) => !catalogue.REGISTRATION_LINE.test(line));
removeCommands();
for (const [name, path] of Object.entries(catalogue.REPLACED)) {
  renameSync(`scripts/remove-catalogue/skeleton/${name}`, path);
}
for (const path of repositoryFiles()) {
  if (/^tests\/.*\.test\.ts$/.test(path) && catalogue.OWNED_TEST.test(readFileSync(path, "utf8")))
    rmSync(path);
}
for (const path of catalogue.OWNED) rmSync(path, { recursive: true, force: true });

run(["run", "migration", "--", "--name", "remove_catalogue"]);
run(["run", "format"]);
console.log(`
The catalogue is gone. Next: read the new migration, then
  npm run typecheck && npm test
  npm run docs:check     names the pages that still speak of the catalogue
  npm run dead-code      names what waits for your first resource (docs/adding-a-resource.md)`);

function keepLines(path: string, keep: (line: string) => boolean): void {
  writeFileSync(path, readFileSync(path, "utf8").split("\n").filter(keep).join("\n"));
}

function removeCommands(): void {
  const manifest = JSON.parse(readFileSync("package.json", "utf8"));
  for (const command of catalogue.COMMANDS) delete manifest.scripts[command];
  writeFileSync("package.json", `${JSON.stringify(manifest, null, 2)}\n`);
}

function run(command: readonly string[]): void {
  const { status } = spawnSync("npm", command, { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
