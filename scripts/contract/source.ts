import { execFileSync } from "node:child_process";
import { existsSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { repositoryFiles } from "../checks/repository.ts";

/**
 * The two tiers as they were when the contract was released, kept beside it: what runs while a deployment is
 * half done is one tier of these and one of the work tree.
 */

const SOURCE = "contract/v1.source.tar.gz";

/** All that the tiers are built from, but for their dependencies. */
const PARTS = /^(?:edge|origin|shared|migrations)\/|^(?:package\.json|wrangler\.toml)$/;

export function isSourceKept(): boolean {
  return existsSync(SOURCE);
}

/** Keeps the tiers of the work tree. */
export function keepSource(): void {
  const files = repositoryFiles().filter((file) => PARTS.test(file) && existsSync(file));
  execFileSync("tar", ["-czf", SOURCE, "--files-from", "-"], { input: `${files.join("\n")}\n` });
  console.log(SOURCE);
}

/** Puts the kept tiers into an empty folder, with the dependencies of the work tree. */
export function unpackSource(folder: string): void {
  execFileSync("tar", ["-xzf", resolve(SOURCE), "-C", folder]);
  symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
}
