import { readCommandLine } from "#scripts/local/command-line.ts";
import { countOf, partsNamed } from "../bars/command-line.ts";
import { runParts } from "../bars/run.ts";
import { startedOnce } from "../bars/started-once.ts";
import { startParts } from "../parts.ts";
import { progress } from "../report/progress.ts";
import type { BenchStack, Part, Settings } from "./part.ts";
import { collapsing } from "./parts/collapsing.ts";
import { hit } from "./parts/hit.ts";
import { hitRatio } from "./parts/hit-ratio.ts";
import { memory } from "./parts/memory.ts";
import { staleness } from "./parts/staleness.ts";

const USAGE = `npm run bench:cache [-- <part>...] [--quick] [--seconds <n>]

Measures the response cache beside its bars, in five parts, a to e (bench/README.md says what each is).
  --quick        a look, in about three minutes; its figures prove nothing
  --seconds <n>  of each load (default: 20; 5 with --quick)`;

const PARTS: readonly Part[] = [hit, hitRatio, staleness, collapsing, memory];
const FULL: Settings = { seconds: 20, rounds: 9, scannedKeys: 1_000_000 };
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

const shared = startedOnce(async () => {
  progress("starting Postgres, Redis, the origin and five edges");
  return startParts<BenchStack>("./cache/stack-process.ts");
});
const stack = async () => (await shared.get()).stack;

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
  await shared.stop();
}
