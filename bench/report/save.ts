import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { fileURLToPath } from "node:url";

const RESULTS = fileURLToPath(new URL("../results/", import.meta.url));

/** Writes what was measured, with the machine that it was measured on, as JSON and as a picture. */
export function save(name: string, measured: Readonly<Record<string, unknown>>, picture: string): void {
  const machine = {
    cpu: cpus()[0]?.model,
    cores: availableParallelism(),
    node: process.version,
    os: process.platform,
  };
  const path = `${RESULTS}${name}`;
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(`${path}.json`, `${JSON.stringify({ at: new Date(), machine, ...measured }, null, 2)}\n`);
  writeFileSync(`${path}.svg`, picture);
  console.log(`${path}.json\n${path}.svg`);
}
