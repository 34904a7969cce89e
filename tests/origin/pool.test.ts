import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Connections, connect } from "#origin/db/client.ts";
import { doing, type Priority, type Work } from "#origin/db/work.ts";
import { inTransaction } from "#origin/db/write.ts";
import { newTenant, stack } from "#tests/support/stack.ts";

let connections: Connections;
let tenantId: string;

beforeAll(async () => {
  connections = connect({ url: stack().databaseUrl, poolSize: 2, applicationName: "pool-test" });
  tenantId = (await newTenant()).id;
});
afterAll(() => connections.close(1));

function work(priority: Priority, { remainingMs = 5_000, signal = new AbortController().signal } = {}): Work {
  return { priority, tenantId, signal, remainingMs: () => remainingMs };
}

const setting = (name: string, asked: Work) =>
  doing(asked, async () => {
    const { result } = await inTransaction(connections, tenantId, (tx) =>
      tx.execute<{ ms: number }>(
        sql`select extract(epoch from current_setting(${name})::interval)::float8 * 1000 as ms`,
      ),
    );
    return result[0]?.ms;
  });

test("a transaction's statements and the transaction itself may take what is left of the budget", async () => {
  expect(await setting("statement_timeout", work("write", { remainingMs: 1_234.5 }))).toBe(1_235);
  expect(await setting("transaction_timeout", work("write", { remainingMs: 1_234.5 }))).toBe(2_235);
});

test("a budget longer than what a connection is given at most leaves that", async () => {
  expect(await setting("statement_timeout", work("write", { remainingMs: 300_000 }))).toBe(10_000);
  expect(await setting("transaction_timeout", work("write", { remainingMs: Infinity }))).toBe(20_000);
  const [row] = await connections.own((db) =>
    db.execute(
      sql`select current_setting('statement_timeout') as statement, current_setting('transaction_timeout') as transaction,
        current_setting('client_connection_check_interval') as looks`,
    ),
  );
  expect(row).toEqual({ statement: "10s", transaction: "20s", looks: "1s" });
});

test("Postgres ends a transaction whose origin has gone silent between two statements", async () => {
  const silent = doing(work("write", { remainingMs: 1 }), () =>
    inTransaction(connections, tenantId, async (tx) => {
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      await tx.execute(sql`select 1`);
    }),
  );
  await expect(silent).rejects.toThrow();
});

test("a read of one thing shares its connection; a list and a transaction have one to themselves", async () => {
  const inUse = async (priority: Priority) => {
    const asking = doing(work(priority), () => connections.rows("select pg_sleep(0.2)", []));
    const figures = [connections.reads, connections.pool].map(({ figures }) => figures().inUse);
    await asking;
    return figures;
  };
  expect(await inUse("read")).toEqual([1, 0]);
  expect(await inUse("revalidation")).toEqual([1, 0]);
  expect(await inUse("list")).toEqual([0, 1]);
  expect(await inUse("write")).toEqual([0, 1]);
  expect(await inUse("upkeep")).toEqual([0, 1]);
});

test("what is not waited for any longer is not sent", async () => {
  const controller = new AbortController();
  controller.abort(new Error("nobody waits"));
  const asked = doing(work("read", { signal: controller.signal }), () => connections.rows("select 1", []));
  await expect(asked).rejects.toThrow("nobody waits");
});
