import { parseArgs } from "node:util";
import { partsNamed, runParts } from "../bars/run.ts";
import { progress } from "../report/progress.ts";
import type { Part, Settings } from "./part.ts";
import { coldToken } from "./parts/cold-token.ts";
import { commands } from "./parts/commands.ts";
import { overload } from "./parts/overload.ts";
import { revocation } from "./parts/revocation.ts";
import { rotation } from "./parts/rotation.ts";
import { share } from "./parts/share.ts";
import { type RunningStack, startGateStack } from "./stack.ts";

/** `npm run bench:gate`, `npm run bench:gate -- a c`, `npm run bench:gate -- --quick`. */

const PARTS: readonly Part[] = [share, commands, overload, revocation, rotation, coldToken];
const FULL: Settings = { rounds: 5, raceSeconds: 3, countedSeconds: 40, revocations: 12 };
const QUICK: Settings = { rounds: 2, raceSeconds: 2, countedSeconds: 10, revocations: 4 };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: "boolean", default: false } },
});
const settings = values.quick ? QUICK : FULL;

let running: Promise<RunningStack> | null = null;

async function stack() {
  if (running === null) progress("starting Postgres, Redis, the origin and eight edges");
  running ??= startGateStack();
  return (await running).stack;
}

try {
  await runParts({
    name: "gate",
    title: "Bars of the gate",
    parts: partsNamed(PARTS, positionals),
    allParts: PARTS.length,
    settings,
    contextFor: (progress) => ({ settings, progress, stack }),
  });
} finally {
  // Called late, so that a stack that failed to start does not hide why.
  await (running as Promise<RunningStack> | null)?.then(
    (one) => one.stop(),
    () => undefined,
  );
}
