import { ask, type Exchange } from "./exchange.ts";
import type { Lane } from "./lane.ts";
import { until } from "./scene.ts";

/** Whether each write that was acknowledged is there, and none twice. */

export type Losses = "none" | "lost" | "doubled" | "unknown";
export type Ledger = { readonly losses: Losses; readonly broken: readonly string[] };

/** Several times the budget of a write. */
const PATIENCE_MS = 30_000;

type Body = { readonly reason: string };
const reasonOf = ({ asked }: Exchange) => (asked.body as Body | undefined)?.reason ?? "";
const isAcknowledged = ({ status }: Exchange) => status !== null && status < 300;

/** Sends what has a key and was not acknowledged again until it is; then looks into the ledger. */
export async function checkWrites(lane: Lane, exchanges: readonly Exchange[]): Promise<Ledger> {
  const writes = exchanges.filter(({ asked }) => asked.method === "POST");
  const keyed = writes.filter(({ asked }) => asked.key !== null);
  const plain = writes.filter(({ asked }) => asked.key === null);
  const repeated = await repeat(keyed.filter((one) => !isAcknowledged(one)));

  const rows = await lane.sql<{ reason: string; times: number }[]>`
    select reason, count(*)::int as times from stock_movements
    where reason in ${lane.sql(writes.map(reasonOf))} group by reason`;
  const times = new Map(rows.map((row) => [row.reason, row.times]));
  const timesOf = (one: Exchange) => times.get(reasonOf(one)) ?? 0;

  const lost = [...keyed, ...plain.filter(isAcknowledged)].filter((one) => timesOf(one) === 0);
  // Without a key a repetition is another write, and nobody has repeated any.
  const doubled = writes.filter((one) => timesOf(one) > 1);
  return {
    losses: lost.length > 0 ? "lost" : doubled.length > 0 ? "doubled" : "none",
    broken: [
      ...repeated.filter((line) => line !== null),
      ...lost.map((one) => `a write of ${reasonOf(one)} was acknowledged and is not there`),
      ...doubled.map((one) => `a write of ${reasonOf(one)} happened ${timesOf(one)} times`),
    ],
  };
}

/** Clients at a time: an outage leaves a hundred writes behind, of one row most of them, and all at once are a storm. */
const AT_ONCE = 4;

async function repeat(unacknowledged: readonly Exchange[]): Promise<readonly (string | null)[]> {
  const left = [...unacknowledged];
  const came: (string | null)[] = [];
  async function work(): Promise<void> {
    for (let one = left.pop(); one !== undefined; one = left.pop()) came.push(await insist(one));
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return came;
}

/** @returns what keeps a write from being acknowledged, if anything does */
async function insist({ asked }: Exchange): Promise<string | null> {
  let last: Exchange | null = null;
  const acknowledge = async () => {
    last = await ask(asked);
    return isAcknowledged(last);
  };
  return until(PATIENCE_MS, acknowledge).then(
    () => null,
    () => `a write with a key is not acknowledged in ${PATIENCE_MS} ms: ${last?.status} ${last?.text}`,
  );
}
