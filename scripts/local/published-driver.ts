import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

export type PublishedDriver = { readonly url: string; readonly remove: () => void };

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** A copy of the driver as published, made by taking the patch off again. */
export function publishedDriver(): PublishedDriver {
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-driver-"));
  const driver = join(folder, "node_modules/postgres");
  cpSync(join(ROOT, "node_modules/postgres"), driver, { recursive: true });
  cpSync(join(ROOT, "patches"), join(folder, "patches"), { recursive: true });
  writeFileSync(join(folder, "package.json"), "{}");
  const patchPackage = join(ROOT, "node_modules/patch-package/index.js");
  execFileSync(process.execPath, [patchPackage, "--reverse", "--error-on-fail"], { cwd: folder });
  return {
    url: pathToFileURL(join(driver, "src/index.js")).href,
    remove: () => rmSync(folder, { recursive: true }),
  };
}
