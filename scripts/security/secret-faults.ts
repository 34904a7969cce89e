import { readFileSync, statSync } from "node:fs";
import { repositoryFiles } from "../checks/repository.ts";
import { secretsIn } from "./secret-patterns.ts";

/** Where a file that is or could be committed holds what looks like a secret. */
export function secretFaults(): { readonly files: number; readonly faults: readonly string[] } {
  // Integrity hashes look random by nature.
  const files = repositoryFiles().filter((file) => file !== "package-lock.json" && isFile(file));
  const faults = files.flatMap((file) =>
    secretsIn(readFileSync(file, "utf8")).map(({ line, kind }) => `${file}:${line} looks like ${kind}`),
  );
  return { files: files.length, faults };
}

/** Not what was deleted and is still tracked, and no link to a folder. */
function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
