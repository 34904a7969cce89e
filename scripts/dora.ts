import { execFileSync } from "node:child_process";
import { doraOf } from "./deploy/dora.ts";
import { toEnvironment } from "./deploy/plan.ts";
import { recordsOf } from "./deploy/record.ts";
import { readCommandLine, refuse } from "./local/command-line.ts";

const USAGE = `npm run dora [-- --env production] [--days 90]

How often is deployed, how long a commit takes, how many deploys fail and how long they take to be mended
(dora.dev), from the tags that npm run deploy leaves.`;

const { values } = readCommandLine(USAGE, {
  options: { env: { type: "string", default: "production" }, days: { type: "string", default: "90" } },
});

try {
  const days = Number(values.days);
  if (!(days > 0)) throw new Error(`"${values.days}" is no number of days`);
  const since = new Date(Date.now() - days * 86_400_000);
  const records = recordsOf(toEnvironment(values.env)).filter(({ begunAt }) => begunAt >= since);
  const { deploys, deploysADay, leadHours, failureShare, restoreHours } = doraOf(records, committedAt, days);
  console.log(`${values.env}, ${days} days, ${deploys} deploys`);
  console.log(`  deployment frequency   ${deploysADay.toFixed(2)} a day`);
  console.log(`  lead time for changes  ${hours(leadHours)}`);
  console.log(
    `  change failure rate    ${Number.isNaN(failureShare) ? "-" : `${(failureShare * 100).toFixed(0)}%`}`,
  );
  console.log(`  time to restore        ${hours(restoreHours)}`);
} catch (error) {
  refuse(error instanceof Error ? error.message : String(error), USAGE);
}

function committedAt(from: string | null, to: string): Date[] {
  const range = from === null ? [to, "--max-count=1"] : [`${from}..${to}`];
  const times = execFileSync("git", ["log", "--format=%cI", ...range], { encoding: "utf8" });
  return times
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => new Date(line));
}

function hours(value: number): string {
  return Number.isNaN(value) ? "-" : `${value.toFixed(1)} h`;
}
