import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import postgres, { type Sql, type TransactionSql } from "postgres";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { type ScratchDatabase, scratchDatabase } from "./scratch.ts";

/** Each of these fails, hangs or crashes the process with the driver as published. */

let database: ScratchDatabase;
let admin: Sql;
beforeAll(async () => {
  database = await scratchDatabase();
  admin = postgres(database.url, { max: 1, onnotice: () => {} });
});
afterAll(async () => {
  await admin.end();
  await database.drop();
});

/** A pool of one connection, so that whoever comes next comes to the same one. */
function single(options: { max_pipeline?: number; fetch_types?: boolean } = {}): Sql {
  const sql = postgres(database.url, { max: 1, backoff: () => 0.01, onnotice: () => {}, ...options });
  onTestFinished(() => sql.end({ timeout: 1 }));
  return sql;
}

async function kill(client: Sql | TransactionSql): Promise<void> {
  const [backend] = await client<{ pid: number }[]>`select pg_backend_pid() as pid`;
  await admin`select pg_terminate_backend(${backend?.pid ?? 0}, 5000)`;
}

/** What each query came to: its text column `v`, or the code or message of its error. */
async function outcomes(queries: readonly PromiseLike<readonly postgres.Row[]>[]): Promise<string[]> {
  const settled = await Promise.allSettled(queries);
  return settled.map((one) =>
    one.status === "fulfilled" ? String(one.value[0]?.["v"]) : String(one.reason.code ?? one.reason.message),
  );
}

test("a statement of a transaction that lost its connection does not run in the next one", async () => {
  const sql = single();
  const nextBegan = Promise.withResolvers<void>();
  const lateTried = Promise.withResolvers<string[]>();

  const lost = sql.begin(async (tx) => {
    await kill(tx);
    await nextBegan.promise;
    lateTried.resolve(await outcomes([tx`select current_setting('test.tenant') as v`]));
  });
  await expect(lost).rejects.toMatchObject({ code: "CONNECTION_CLOSED" });
  const next = sql.begin(async (tx) => {
    await tx`select set_config('test.tenant', 'next', true)`;
    nextBegan.resolve();
    await lateTried.promise;
    return tx`select current_setting('test.tenant') as v`;
  });

  // Its `rollback` would have ended the next transaction, and the setting with it.
  expect(await outcomes([next])).toEqual(["next"]);
  expect(await lateTried.promise).toEqual(["CONNECTION_CLOSED"]);
});

test("a transaction cannot be used once it has ended", async () => {
  const sql = single();
  const ended = await sql.begin(async (tx) => ({ tx }));

  await sql.begin(async (tx) => {
    await tx`select set_config('test.tenant', 'next', true)`;
    const late = ended.tx`select current_setting('test.tenant') as v`;
    expect(await outcomes([late])).toEqual(["CONNECTION_CLOSED"]);
  });
});

test("what waits inside a transaction fails when its connection is lost", async () => {
  const sql = single();
  const [waiting] = await Promise.allSettled([
    sql.begin(async (tx) => {
      const all = outcomes([tx`select pg_sleep(10)`, tx`select ${1}::int as v`, tx`select ${2}::int as v`]);
      await admin`select pg_terminate_backend(pid, 5000) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()`;
      expect(await all).toEqual(["CONNECTION_CLOSED", "CONNECTION_CLOSED", "CONNECTION_CLOSED"]);
    }),
  ]);
  expect(waiting.status).toBe("rejected");
  expect(await outcomes([sql`select 'usable' as v`])).toEqual(["usable"]);
});

test("a cursor that goes on after its connection was lost disturbs nobody", async () => {
  const sql = single();
  const cursor = sql`select n from generate_series(1, 10) as n`.cursor(2, async () => {
    await admin`select pg_terminate_backend(pid, 5000) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`;
    await sql`select 1`;
  });
  await expect(cursor).rejects.toThrow();
  expect(await outcomes([sql`select 'a' as v`, sql`select 'b' as v`])).toEqual(["a", "b"]);
});

test("a parameter that cannot be sent fails its own query and no other", async () => {
  const sql = single();
  const at = (date: Date) => sql`select ${date}::timestamptz as v`;
  await at(new Date(0));

  const queries = [
    sql`select 'a' as v`,
    at(new Date(Number.NaN)),
    sql`select 'c' as v`,
    sql`select 'd' as v`,
  ];
  expect(await outcomes(queries)).toEqual(["a", "Invalid time value", "c", "d"]);
});

test("cancelling a query behind others leaves every answer with its own query", async () => {
  const sql = single();
  await sql`select 1`;
  const queries = [
    sql`select 'a' as v from pg_sleep(0.2)`,
    sql`select 'b' as v`,
    sql`select 'c' as v`,
    sql`select 'd' as v`,
  ] as const;
  const all = outcomes(queries.map((query) => query.execute()));
  await admin`select 1`;
  queries[1].cancel();

  // The cancellation may come too late, or hit the next one; no query gets another's answer.
  for (const [index, outcome] of (await all).entries()) {
    expect(["abcd"[index], "57014"]).toContain(outcome);
  }
});

test("a query that is cancelled before it was sent does not cost the pool a connection", async () => {
  const warm = single();
  await warm`select 1`;
  const cold = single();
  for (const sql of [warm, cold]) {
    const cancelled = sql`select 'cancelled' as v`.execute();
    cancelled.cancel();
    expect(await outcomes([cancelled, sql`select 'next' as v`])).toEqual(["57014", "next"]);
  }
});

test("a transaction can begin behind as many queries as a connection takes", async () => {
  const sql = single({ max_pipeline: 2 });
  await sql`select 1`;
  const ahead = [sql`select 'a' as v from pg_sleep(0.1)`.execute(), sql`select 'b' as v`.execute()];
  const behind = sql.begin((tx) => tx`select 'transaction' as v`);
  expect(await outcomes([...ahead, behind])).toEqual(["a", "b", "transaction"]);
});

test("the first connection of a pool can be reserved", async () => {
  const reserved = await single({ fetch_types: false }).reserve();
  expect(await outcomes([reserved`select 'reserved' as v`])).toEqual(["reserved"]);
  reserved.release();
});

test("a reserved connection is neither used nor released again by whoever released it", async () => {
  const sql = single();
  const first = await sql.reserve();
  first.release();
  const second = await sql.reserve();
  first.release();

  expect(await outcomes([first`select 'late' as v`])).toEqual(["CONNECTION_CLOSED"]);
  const waiting = sql`select 'waited' as v`.execute();
  expect(await outcomes([second`select 'held' as v`])).toEqual(["held"]);
  second.release();
  expect(await outcomes([waiting])).toEqual(["waited"]);
});

test("a pool can be ended while its connections are lost", async () => {
  const sql = single();
  await sql`select 1`;
  const running = outcomes([sql`select pg_sleep(10)`.execute()]);
  await admin`select 1`;
  const ended = sql.end();
  await admin`select pg_terminate_backend(pid, 5000) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()`;
  // A backend that ends with bytes of ours unread, the goodbye of `end`, resets the connection (RFC 1122 §4.2.2.13).
  expect([["CONNECTION_CLOSED"], ["ECONNRESET"]]).toContainEqual(await running);
  await ended;
});

test("a server that takes connections and closes them fails queries at once, and is not hammered", async () => {
  let connections = 0;
  const closing = createServer((socket) => {
    connections++;
    socket.on("error", () => {}).on("data", () => socket.end());
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void closing.close());
  await once(closing, "listening");
  const { port } = closing.address() as AddressInfo;
  const sql = postgres({ host: "127.0.0.1", port, max: 1 });
  onTestFinished(() => sql.end({ timeout: 1 }));

  expect(await outcomes([sql`select 1`, sql`select 2`])).toEqual(["CONNECTION_CLOSED", "CONNECTION_CLOSED"]);
  await expect(sql.reserve()).rejects.toMatchObject({ code: "CONNECTION_CLOSED" });
  expect(connections).toBeLessThanOrEqual(3);
});
