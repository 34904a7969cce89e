import { existsSync, readFileSync } from "node:fs";
import { report, repositoryFiles } from "./repository.ts";
import { secretsIn } from "./secret-patterns.ts";

/** `npm run secrets:check`: no file that is or could be committed holds what looks like a secret. */

// Integrity hashes look random by nature.
const files = repositoryFiles().filter((file) => file !== "package-lock.json" && existsSync(file));
const faults = files.flatMap((file) =>
  secretsIn(readFileSync(file, "utf8")).map(({ line, kind }) => `${file}:${line} looks like ${kind}`),
);
report("secrets", faults, `none in ${files.length} files`);
