import { parseArgs } from "node:util";
import { groups } from "./contestant.ts";
import { type Race, race, type Settings } from "./race.ts";
import { chartOf } from "./report/chart.ts";
import { progress } from "./report/progress.ts";
import { save } from "./report/save.ts";
import { linesOf, tableOf } from "./report/table.ts";

/** `npm run bench`, `npm run bench -- edge`, `npm run bench -- origin --rounds 9 --seconds 5`. */

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
    steady: { share: 0.3 },
  };
  return { settings, names: positionals.length > 0 ? positionals : known };
}

const { settings, names } = readArguments();
const races: Race[] = [];
for (const group of groups.filter(({ name }) => names.includes(name))) {
  const result = await race(group, settings, progress);
  progress("");
  console.log(`\n${tableOf(result)}\n`);
  races.push(result);
}
const summaries = races.map((one) => ({ ...one, group: one.group.name, summary: linesOf(one) }));
const name = races.map(({ group }) => group.name).join("-");
save(name, { settings, races: summaries }, chartOf(races));
