import { setTimeout as sleep } from "node:timers/promises";
import { type Environment, toEnvironment } from "./deploy/plan.ts";
import { lastDeployed } from "./deploy/record.ts";
import { readCommandLine, refuse } from "./local/command-line.ts";
import { counted, table } from "./local/table.ts";
import { type Line, linesOf } from "./post-deploy/lines.ts";
import { type Deployed, see } from "./post-deploy/see.ts";

const USAGE = `npm run post-deploy -- --env staging|production [--at 15,60] [--since TIME] [--ops URL ...]

Looks at what was deployed 15 and 60 minutes after the last deploy that is remembered, and at once where that time
has passed: smoke test and health, errors, latency, hits of the cache, orders, the relay and what runs where, beside
what they were before and what they may be. Ends with 1 as soon as one of them is past its bound.
  --at     minutes after the deploy, several separated by commas
  --since  when it was deployed, in place of what is remembered; with it --env may be left out
  --ops    an origin's port for probes
Variables: EDGE_URL; SMOKE_TOKEN, PROMETHEUS_URL and MIGRATION_DATABASE_URL, without which some lines stay unknown
(docs/deploying.md).`;

const MS_A_MINUTE = 60_000;

const { values } = readCommandLine(USAGE, {
  options: {
    env: { type: "string" },
    at: { type: "string", default: "15,60" },
    since: { type: "string" },
    ops: { type: "string", multiple: true },
  },
});

try {
  const deployed = deployedAs(values.env === undefined ? null : toEnvironment(values.env));
  for (const minutes of minutesOf(values.at)) {
    await sleep(Math.max(0, deployed.since + minutes * MS_A_MINUTE - Date.now()));
    console.log(`${counted(minutes, "minute")} after ${new Date(deployed.since).toISOString()}:`);
    const lines = linesOf(await see(deployed));
    console.log(tableOf(lines));
    if (lines.every(({ state }) => state !== "BAD")) continue;
    console.log("\nPast a bound: roll back first where the runbook says so (npm run rollback).");
    process.exitCode = 1;
    break;
  }
} catch (error) {
  refuse(error instanceof Error ? error.message : String(error), USAGE);
}

function deployedAs(environment: Environment | null): Deployed {
  const { EDGE_URL, SMOKE_TOKEN, PROMETHEUS_URL, MIGRATION_DATABASE_URL } = process.env;
  if (!EDGE_URL) throw new Error("EDGE_URL is missing");
  return {
    url: EDGE_URL.replace(/\/$/, ""),
    opsUrls: values.ops ?? [],
    token: SMOKE_TOKEN || null,
    prometheusUrl: PROMETHEUS_URL || null,
    databaseUrl: MIGRATION_DATABASE_URL || null,
    environment,
    since: values.since === undefined ? lastDeploy(environment) : instantOf(values.since),
  };
}

function lastDeploy(environment: Environment | null): number {
  if (environment === null) throw new Error("say --env or --since");
  return lastDeployed(environment).endedAt.getTime();
}

function instantOf(text: string): number {
  const instant = Date.parse(text);
  if (Number.isNaN(instant)) throw new Error(`${text} is no time such as 2026-11-21T20:00:00Z`);
  return instant;
}

function minutesOf(text: string): readonly number[] {
  const minutes = text.split(",").map(Number);
  if (minutes.some((one) => !(one >= 0))) throw new Error("--at takes minutes, separated by commas");
  return minutes.toSorted((a, b) => a - b);
}

function tableOf(lines: readonly Line[]): string {
  const rows = lines.map(({ state, what, before, now, bound, note }) => [
    state,
    what,
    before,
    now,
    bound,
    note,
  ]);
  return table([["STATE", "WHAT", "BEFORE", "NOW", "BOUND", ""], ...rows]);
}
