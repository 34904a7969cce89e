import { setTimeout as pause } from "node:timers/promises";
import { get } from "../contestant.ts";
import { Pool } from "../load/pool.ts";
import type { GateEdge } from "./part.ts";

/** Requests at a constant rate to several edges, whatever they answer. */

export type Offer = {
  readonly edges: readonly GateEdge[];
  readonly token: string;
  readonly perSecond: number;
  /** Milliseconds since the epoch. */
  readonly endsAt: number;
  /** Which edge the request goes to that is the `index`th and sent `passedMs` after the first. */
  readonly edgeFor: (index: number, passedMs: number) => number;
};

export type Offered = {
  readonly admitted: number;
  readonly refused: number;
  readonly failed: number;
  /** Answers by status; 0 are lost connections. */
  readonly statuses: Readonly<Record<number, number>>;
};

export const roundRobin: Offer["edgeFor"] = (index) => index;
/** All to one edge for a second, then to the next. */
export const wandering: Offer["edgeFor"] = (_, passedMs) => Math.floor(passedMs / 1_000);

const TARGET = "/v1/products?pageSize=1";
const TICK_MS = 5;
const PATIENCE_MS = 4_500;

export async function offer({ edges, token, perSecond, endsAt, edgeFor }: Offer): Promise<Offered> {
  const request = Buffer.from(get(TARGET, { authorization: `Bearer ${token}` }));
  const pools = edges.map(({ port }) => new Pool(port, Number.POSITIVE_INFINITY));
  const statuses: Record<number, number> = {};
  const begun = Date.now();
  let sent = 0;
  let open = 0;
  while (Date.now() < endsAt) {
    const passed = Date.now() - begun;
    for (; sent < (passed * perSecond) / 1_000; sent++) {
      const pool = pools[edgeFor(sent, passed) % pools.length];
      const connection = pool?.borrow() ?? null;
      if (connection === null) continue;
      open++;
      connection.send(request, (status) => {
        open--;
        pool?.giveBack(connection);
        statuses[status] = (statuses[status] ?? 0) + 1;
      });
    }
    await pause(TICK_MS);
  }
  for (const deadline = Date.now() + PATIENCE_MS; open > 0 && Date.now() < deadline; ) await pause(TICK_MS);
  for (const pool of pools) pool.close();
  const admitted = statuses[200] ?? 0;
  const refused = statuses[429] ?? 0;
  return { admitted, refused, failed: sent - admitted - refused, statuses };
}
