import { readCommandLine } from "#scripts/local/command-line.ts";
import { countOf, requireKnown } from "./bars/command-line.ts";
import { groups } from "./contestant.ts";
import { type Race, race, type Settings } from "./race.ts";
import { chartOf } from "./report/chart.ts";
import { progress } from "./report/progress.ts";
import { save } from "./report/save.ts";
import { linesOf, tableOf } from "./report/table.ts";

const USAGE = `npm run bench [-- <group>...] [--rounds <n>] [--seconds <n>] [--connections <n>]

Races the edge's cache hit (group "edge") and the origin's reads ("origin", "list") with their floors.
  --rounds <n>       of each contestant and phase (default: 5)
  --seconds <n>      of each measurement (default: 3)
  --connections <n>  that requests come over (default: 32)`;

function readArguments(): { settings: Settings; names: readonly string[] } {
  const { values, positionals } = readCommandLine(USAGE, {
    allowPositionals: true,
    options: {
      rounds: { type: "string", default: "5" },
      seconds: { type: "string", default: "3" },
      connections: { type: "string", default: "32" },
    },
  });
  const known = groups.map(({ name }) => name);
  requireKnown("group", positionals, known, USAGE);
  const settings = {
    rounds: countOf("rounds", values.rounds, USAGE),
    seconds: countOf("seconds", values.seconds, USAGE),
    connections: countOf("connections", values.connections, USAGE),
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
