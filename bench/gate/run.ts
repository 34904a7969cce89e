import { readCommandLine } from "#scripts/local/command-line.ts";
import { partsNamed } from "../bars/command-line.ts";
import { runParts } from "../bars/run.ts";
import { startedOnce } from "../bars/started-once.ts";
import { startParts } from "../parts.ts";
import { progress } from "../report/progress.ts";
import type { GateStack, Part, Settings } from "./part.ts";
import { coldToken } from "./parts/cold-token.ts";
import { commands } from "./parts/commands.ts";
import { overload } from "./parts/overload.ts";
import { revocation } from "./parts/revocation.ts";
import { rotation } from "./parts/rotation.ts";
import { share } from "./parts/share.ts";

const USAGE = `npm run bench:gate [-- <part>...] [--quick]

Measures what checking who comes costs, beside its bars, in six parts, a to f (bench/README.md says what each is).
  --quick  a look, in about six minutes`;

const PARTS: readonly Part[] = [share, commands, overload, revocation, rotation, coldToken];
const FULL: Settings = { rounds: 5, raceSeconds: 3, countedSeconds: 40, revocations: 12 };
const QUICK: Settings = { rounds: 2, raceSeconds: 2, countedSeconds: 10, revocations: 4 };

const { values, positionals } = readCommandLine(USAGE, {
  allowPositionals: true,
  options: { quick: { type: "boolean", default: false } },
});
const settings = values.quick ? QUICK : FULL;
const parts = partsNamed(PARTS, positionals, USAGE);

const shared = startedOnce(async () => {
  progress("starting Postgres, Redis, the origin and eight edges");
  return startParts<GateStack>("./gate/stack-process.ts");
});
const stack = async () => (await shared.get()).stack;

try {
  await runParts({
    name: "gate",
    title: "Bars of the gate",
    parts,
    allParts: PARTS.length,
    settings,
    contextFor: (progress) => ({ settings, progress, stack }),
  });
} finally {
  await shared.stop();
}
