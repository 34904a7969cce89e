import { setTimeout as sleep } from "node:timers/promises";
import { driftOf } from "#scripts/deploy/drift.ts";
import { expectedOf, found } from "#scripts/deploy/found.ts";
import type { Environment } from "#scripts/deploy/plan.ts";
import { probe } from "#scripts/deploy/probe.ts";
import { businessFigures, originFigures, relayFigures } from "#scripts/deploy/prometheus.ts";
import { healthRows } from "#scripts/health/rows.ts";
import { probeOf } from "#scripts/smoke/probe.ts";
import { smoke } from "#scripts/smoke/run.ts";
import type { OriginFigures, Seen } from "./lines.ts";

export type Deployed = {
  /** The edge, as clients reach it. */
  readonly url: string;
  readonly opsUrls: readonly string[];
  readonly token: string | null;
  /** Null: what only it knows stays unknown. */
  readonly prometheusUrl: string | null;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** Null: it is not asked whether what runs is what was deployed. */
  readonly environment: Environment | null;
  /** For the migrations that were applied; null: as above. */
  readonly databaseUrl: string | null;
};

const PROBES = 300;
/** What is now: as many minutes at the most. */
const NOW_MINUTES = 15;
const BEFORE_MINUTES = 60;
const MS_A_MINUTE = 60_000;
/** Of the quota (`edge/limit/plans.ts`). */
const MAX_WINDOW_SECONDS = 60;

export async function see(deployed: Deployed): Promise<Seen> {
  const { url, token } = deployed;
  await untilAdmitted(url);
  // One after the other: what is measured is not what measures.
  const faults = await faultsOf(deployed);
  const probed = await probe({ url, token, version: null }, PROBES);
  return { faults, probed, ...(await fromPrometheus(deployed)), drift: await driftNow(deployed) };
}

/** Two looks in a minute are more than callers without a token have: what is refused would be told as a fault. */
async function untilAdmitted(url: string): Promise<void> {
  const seen = await probeOf(url, null)("/health").catch(() => null);
  if (seen?.status !== 429) return;
  const seconds = Math.min(Number(seen.headers.get("retry-after")) || MAX_WINDOW_SECONDS, MAX_WINDOW_SECONDS);
  console.log(`The quota of callers without a token is used up here (429): looking in ${seconds} s.`);
  await sleep(seconds * 1_000);
}

async function faultsOf({ url, token, opsUrls }: Deployed): Promise<string[]> {
  const results = await smoke({ url, token, opsUrls });
  const rows = await healthRows(url, opsUrls);
  return [
    ...results.flatMap(({ title, fault }) => (fault === null ? [] : [`${title}: ${fault}`])),
    ...rows.flatMap(({ ok, where, what, note }) => (ok ? [] : [`${where}: ${what} is away ${note}`.trim()])),
  ];
}

async function fromPrometheus({
  prometheusUrl: url,
  since,
}: Deployed): Promise<Pick<Seen, "origin" | "business" | "relay">> {
  if (url === null) return { origin: null, business: null, relay: null };
  const ago = (Date.now() - since) / MS_A_MINUTE;
  const minutes = Math.min(ago, NOW_MINUTES);
  const over = async (length: number, endedMinutesAgo: number): Promise<OriginFigures> => ({
    ...(await originFigures(url, { minutes: length, endedMinutesAgo })),
    minutes: length,
  });
  const [before, now, business, relay] = await Promise.all([
    over(BEFORE_MINUTES, ago),
    over(minutes, 0),
    businessFigures(url, minutes, ago),
    relayFigures(url),
  ]);
  return { origin: { before, now }, business, relay };
}

async function driftNow({ environment, databaseUrl }: Deployed): Promise<readonly string[] | null> {
  if (environment === null || databaseUrl === null) return null;
  try {
    const expected = expectedOf(environment);
    return driftOf(expected, await found(environment, expected.commit, databaseUrl));
  } catch (error) {
    return [`it cannot be asked: ${error instanceof Error ? error.message : String(error)}`];
  }
}
