import { readCommandLine } from "#scripts/local/command-line.ts";
import { countOf, partsNamed } from "../bars/command-line.ts";
import { runParts } from "../bars/run.ts";
import { progress } from "../report/progress.ts";
import type { Part, Settings } from "./part.ts";
import { collapsing } from "./parts/collapsing.ts";
import { hit } from "./parts/hit.ts";
import { hitRatio } from "./parts/hit-ratio.ts";
import { memory } from "./parts/memory.ts";
import { staleness } from "./parts/staleness.ts";
import { type RunningStack, startBenchStack } from "./stack.ts";

const USAGE = `npm run bench:cache [-- <part>...] [--quick] [--seconds <n>]

Measures the response cache beside its bars, in five parts, a to e (bench/README.md says what each is).
  --quick        a look, in about three minutes; its figures prove nothing
  --seconds <n>  of each load (default: 20; 5 with --quick)`;

const PARTS: readonly Part[] = [hit, hitRatio, staleness, collapsing, memory];
const FULL: Settings = { seconds: 20, rounds: 5, scannedKeys: 1_000_000 };
const QUICK: Settings = { seconds: 5, rounds: 2, scannedKeys: 200_000 };

function readArguments(): { settings: Settings; parts: readonly Part[] } {
  const { values, positionals } = readCommandLine(USAGE, {
    allowPositionals: true,
    options: { quick: { type: "boolean", default: false }, seconds: { type: "string" } },
  });
  const settings = values.quick ? QUICK : FULL;
  return {
    settings:
      values.seconds === undefined
        ? settings
        : { ...settings, seconds: countOf("seconds", values.seconds, USAGE) },
    parts: partsNamed(PARTS, positionals, USAGE),
  };
}

let running: Promise<RunningStack> | null = null;

async function stack() {
  if (running === null) progress("starting Postgres, Redis, the origin and five edges");
  running ??= startBenchStack();
  return (await running).stack;
}

const { settings, parts } = readArguments();
try {
  await runParts({
    name: "cache",
    title: "Bars of the response cache",
    parts,
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
