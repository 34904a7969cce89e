import { setTimeout as pause } from "node:timers/promises";
import { type SQL, sql } from "drizzle-orm";
import { expect } from "vitest";
import { connect } from "#origin/db/client.ts";
import { doing, type Priority } from "#origin/db/work.ts";
import { Problem } from "#shared/problems.ts";
import { scratchDatabase } from "./scratch.ts";

const POOL_SIZE = 8;
const STATEMENTS = 3;

export type Tally = { committed: number; read: number; cancelled: number; readonly wrong: string[] };

/**
 * Transactions and reads from many sides, a third of which nobody waits for any more after a moment. What
 * is waited for has to be answered, and rightly; each transaction is there as a whole or not at all.
 */
export async function abuse(milliseconds: number): Promise<Tally> {
  const scratch = await scratchDatabase();
  const connections = connect({ url: scratch.url, poolSize: POOL_SIZE, applicationName: "cancel-abuse" });
  const tally: Tally = { committed: 0, read: 0, cancelled: 0, wrong: [] };
  const endsAt = performance.now() + milliseconds;
  let next = 1;
  const execute = (query: SQL) => connections.own((db) => db.execute(query));
  await execute(sql`create table marks (marker int, statement int, xid xid8)`);

  async function work(priority: Priority, run: (id: number) => Promise<void>): Promise<void> {
    while (performance.now() < endsAt) {
      const id = next++;
      const controller = new AbortController();
      const isLeft = id % 3 === 0;
      if (isLeft) void pause(Math.random() * 8).then(() => controller.abort(new Error("nobody waits")));
      const asked = {
        priority,
        tenantId: null,
        signal: controller.signal,
        remainingMs: () => Number.POSITIVE_INFINITY,
      };
      await doing(asked, () => run(id)).catch((error: Error) => {
        // Refused before it was begun, because what is more urgent took all places.
        if (error instanceof Problem && error.code === "overloaded") return;
        if (isLeft && error.message === "nobody waits") tally.cancelled++;
        else tally.wrong.push(`${priority} ${id}: ${error.message} ${String(error.cause)}`);
      });
    }
  }

  const write = (id: number) =>
    connections.pool.use(async ({ db }) => {
      await db.transaction(async (tx) => {
        for (let statement = 1; statement <= STATEMENTS; statement++) {
          await tx.execute(
            sql`insert into marks select ${id}::int, ${statement}::int, pg_current_xact_id() from pg_sleep(${Math.random() / 400})`,
          );
        }
      });
      tally.committed++;
    });
  const read = async (id: number) => {
    const rows = await connections.rows("select $1::int, pg_sleep($2)", [id, Math.random() / 400]);
    if (rows[0]?.[0] === id) tally.read++;
    else tally.wrong.push(`read ${id} was answered ${JSON.stringify(rows)}`);
  };

  try {
    await Promise.all([
      ...Array.from({ length: 3 }, () => work("write", write)),
      ...Array.from({ length: 2 }, () => work("list", read)),
      ...Array.from({ length: 24 }, () => work("read", read)),
    ]);
    const torn = await execute(
      sql`select marker from marks group by marker
          having count(*) <> ${STATEMENTS} or count(distinct xid) <> 1 or count(distinct statement) <> ${STATEMENTS}`,
    );
    const mixed = await execute(
      sql`select xid::text from marks group by xid having count(distinct marker) <> 1`,
    );
    tally.wrong.push(...[...torn, ...mixed].map((row) => JSON.stringify(row)));
    await expectWhole();
    return tally;
  } finally {
    await connections.close(1);
    await scratch.drop();
  }

  /** Every connection can be used at once, and no backend works for nobody. */
  async function expectWhole(): Promise<void> {
    for (const pool of [connections.pool, connections.reads]) {
      expect(pool.figures()).toMatchObject({ inUse: 0, waiting: 0 });
      const names = await Promise.all(
        Array.from({ length: pool.size }, () =>
          pool.use(async ({ db, name }) => {
            await db.execute(sql`select pg_sleep(0.05)`);
            return name;
          }),
        ),
      );
      expect(new Set(names).size).toBe(pool.size);
    }
    const others = sql`select count(*)::int as count from pg_stat_activity
      where application_name like 'cancel-abuse/%' and state <> 'idle'`;
    await expect.poll(async () => (await execute(others))[0]?.["count"]).toBe(0);
  }
}
