import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { groups } from "./contestant.ts";
import { type Race, race, type Settings } from "./race.ts";
import { chartOf } from "./report/chart.ts";
import { linesOf, tableOf } from "./report/table.ts";

/** `npm run bench`, `npm run bench -- edge`, `npm run bench -- origin --rounds 9 --seconds 5`. */

const RESULTS = fileURLToPath(new URL("./results/", import.meta.url));

function readArguments(): { settings: Settings; names: readonly string[] } {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: "string", default: "5" },
      seconds: { type: "string", default: "3" },
      connections: { type: "string", default: "32" },
    },
  });
  const known = groups.map(({ name }) => name);
  const strange = positionals.find((name) => !known.some((one) => one === name));
  if (strange !== undefined)
    throw new Error(`There is no group "${strange}"; there are: ${known.join(", ")}.`);
  const settings = {
    rounds: Number(values.rounds),
    seconds: Number(values.seconds),
    connections: Number(values.connections),
    steadyShare: 0.3,
  };
  return { settings, names: positionals.length > 0 ? positionals : known };
}

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
  else process.stderr.write(`${text}\n`);
}

function save(settings: Settings, races: readonly Race[]): void {
  const name = `${RESULTS}${races.map(({ group }) => group.name).join("-")}`;
  const machine = {
    cpu: cpus()[0]?.model,
    cores: availableParallelism(),
    node: process.version,
    os: process.platform,
  };
  const summaries = races.map((one) => ({ ...one, group: one.group.name, summary: linesOf(one) }));
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(
    `${name}.json`,
    `${JSON.stringify({ at: new Date(), machine, settings, races: summaries }, null, 2)}\n`,
  );
  writeFileSync(`${name}.svg`, chartOf(races));
  console.log(`${name}.json\n${name}.svg`);
}

const { settings, names } = readArguments();
const races: Race[] = [];
for (const group of groups.filter(({ name }) => names.includes(name))) {
  const result = await race(group, settings, progress);
  progress("");
  console.log(`\n${tableOf(result)}\n`);
  races.push(result);
}
save(settings, races);
