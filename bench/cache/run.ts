import { parseArgs } from "node:util";
import { progress } from "../report/progress.ts";
import { save } from "../report/save.ts";
import type { Part, Settings } from "./part.ts";
import { collapsing } from "./parts/collapsing.ts";
import { hit } from "./parts/hit.ts";
import { hitRatio } from "./parts/hit-ratio.ts";
import { memory } from "./parts/memory.ts";
import { staleness } from "./parts/staleness.ts";
import { checksAsChart, checksAsText } from "./report.ts";
import { type RunningStack, startBenchStack } from "./stack.ts";
import { allHold, verdictOf } from "./verdict.ts";

/** `npm run bench:cache`, `npm run bench:cache -- a c`, `npm run bench:cache -- --quick`. */

const PARTS: readonly Part[] = [hit, hitRatio, staleness, collapsing, memory];
const FULL: Settings = { seconds: 20, rounds: 5, scannedKeys: 1_000_000 };
const QUICK: Settings = { seconds: 5, rounds: 2, scannedKeys: 200_000 };

function readArguments(): { settings: Settings; parts: readonly Part[] } {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { quick: { type: "boolean", default: false }, seconds: { type: "string" } },
  });
  const strange = positionals.find((name) => !PARTS.some((part) => part.name === name));
  if (strange !== undefined)
    throw new Error(`There is no part "${strange}"; there are: ${PARTS.map(({ name }) => name).join(", ")}.`);
  const settings = values.quick ? QUICK : FULL;
  return {
    settings: values.seconds === undefined ? settings : { ...settings, seconds: Number(values.seconds) },
    parts: positionals.length > 0 ? PARTS.filter(({ name }) => positionals.includes(name)) : PARTS,
  };
}

let running: Promise<RunningStack> | null = null;

async function stack() {
  if (running === null) progress("starting Postgres, Redis, the origin and five edges");
  running ??= startBenchStack();
  return (await running).stack;
}

async function run(parts: readonly Part[], settings: Settings) {
  const results = [];
  for (const { name, title, run: measure } of parts) {
    const say = (text: string) => progress(text === "" ? "" : `(${name}) ${text}`);
    const result = { name, title, ...(await measure({ settings, progress: say, stack })) };
    progress("");
    console.log(`${checksAsText(result)}\n`);
    results.push(result);
  }
  return results;
}

const { settings, parts } = readArguments();
try {
  const results = await run(parts, settings);
  const judged = results.map((result) => ({
    ...result,
    checks: result.checks.map((check) => ({ ...check, verdict: verdictOf(check) })),
  }));
  const suffix = parts.length === PARTS.length ? "" : `-${parts.map(({ name }) => name).join("")}`;
  save(`cache${suffix}`, { settings, parts: judged }, checksAsChart(results));
  const missed = results.filter(({ checks }) => !allHold(checks)).map(({ name }) => name);
  console.log(missed.length === 0 ? "All bars hold." : `Missed or void: ${missed.join(", ")}.`);
  process.exitCode = missed.length === 0 ? 0 : 1;
} finally {
  // Called late, so that a stack that failed to start does not hide why.
  await (running as Promise<RunningStack> | null)?.then(
    (one) => one.stop(),
    () => undefined,
  );
}
