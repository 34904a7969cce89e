import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { connect as dial, type Socket } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { headers as names } from "#shared/headers.ts";
import { type OwnOrigin, originClient, signAssertion, startOwnOrigin } from "#tests/support/origin.ts";
import { type OwnDatabase, startOwnDatabase } from "#tests/support/own-database.ts";

/** A row of these is slow to read and to write: its statement runs until it is cancelled. */
const SLOW = "slow";

let database: OwnDatabase;
let origin: OwnOrigin;
let tenantId: string;

beforeAll(async () => {
  database = await startOwnDatabase();
  // As slow as can be, and for the origin's role alone: in the policy that each of its statements is under.
  await database.sql.unsafe(`
    create function slow(name text) returns boolean language plpgsql as $$
    begin
      if name = '${SLOW}' then perform pg_sleep(60); end if;
      return true;
    end $$;
    create policy slow on products as restrictive for select using (slow(name));
    create function slow_write() returns trigger language plpgsql as $$
    begin
      if new.name = '${SLOW} write' then perform pg_sleep(60); end if;
      if new.name like 'raise %' then raise exception 'raised by a test' using errcode = substr(new.name, 7); end if;
      return new;
    end $$;
    create trigger slow_write before insert on products for each row execute function slow_write();`);
  origin = await startOwnOrigin({ DATABASE_URL: database.url, DATABASE_POOL_SIZE: "4" });
}, 60_000);
afterAll(async () => {
  await origin.stop();
  await database.drop();
});

let slowId: string;
beforeEach(async () => {
  tenantId = await database.newTenant();
  slowId = await insertSlow();
});

async function insertSlow(): Promise<string> {
  const id = randomUUID();
  await database.sql`
    insert into products (tenant_id, id, sku, name, status, in_stock, attributes)
    values (${tenantId}, ${id}, ${id}, ${SLOW}, 'active', true, '{}')`;
  return id;
}

/** How many statements of the origin run that are not over at once. */
async function running(): Promise<number> {
  const [row] = await database.sql<[{ count: number }]>`
    select count(*)::int from pg_stat_activity
    where application_name like 'gatehouse-origin/%' and datname = current_database() and state <> 'idle'
      and wait_event = 'PgSleep'`;
  return row.count;
}

const untilRunning = (count: number) => expect.poll(running, { timeout: 10_000, interval: 20 }).toBe(count);

/** Sends a request on a connection of its own and does not wait for the answer. */
async function ask(action: string, { budgetMs = 60_000, body = "" } = {}): Promise<Socket> {
  const socket = dial(Number(new URL(origin.url).port), "127.0.0.1");
  await once(socket, "connect");
  const identity = { tenantId, subject: "tester", clientId: "tester" };
  const scopes = ["catalog:read", "catalog:write"];
  const lines = [
    `${action} HTTP/1.1`,
    "host: origin",
    `${names.assertion}: ${signAssertion({ target: action, budgetMs, scopes, ...identity })}`,
    ...(body === "" ? [] : ["content-type: application/json", `content-length: ${body.length}`]),
  ];
  socket.write(`${lines.join("\r\n")}\r\n\r\n${body}`);
  return socket;
}

test("a client that leaves cancels its read, which is seen gone in pg_stat_activity", async () => {
  const socket = await ask(`GET /v1/products/${slowId}`);
  await untilRunning(1);
  socket.destroy();
  await untilRunning(0);
  await expect
    .poll(() => origin.lines().filter(({ outcome }) => outcome === "aborted").length)
    .toBeGreaterThan(0);
  expect(origin.lines().filter(({ status }) => status === 500)).toEqual([]);
});

test("a client that leaves cancels its list and its write, and nothing of the write stays", async () => {
  const list = await ask("GET /v1/products");
  const body = JSON.stringify({ sku: "gone", name: `${SLOW} write` });
  const write = await ask("POST /v1/products", { body });
  await untilRunning(2);
  list.destroy();
  await untilRunning(1);
  write.destroy();
  await untilRunning(0);
  const [row] = await database.sql`select count(*)::int as n from products where sku = 'gone'`;
  expect(row?.["n"]).toBe(0);
});

test("a budget that runs out cancels the statement and is answered 504, for reads and for writes", async () => {
  const send = originClient(tenantId, origin.url);
  const claims = { budgetMs: 300 };
  const answers = await Promise.all([
    send(`/v1/products/${slowId}`, { claims }),
    send("/v1/products", { claims }),
    send("/v1/products", { method: "POST", claims, body: { sku: "late", name: `${SLOW} write` } }),
  ]);
  expect(answers.map(({ status, json }) => [status, json.code])).toEqual(
    answers.map(() => [504, "deadline-exceeded"]),
  );
  await untilRunning(0);
  const outcomes = origin.lines().filter(({ outcome }) => outcome === "deadline-exceeded");
  expect(outcomes.length).toBeGreaterThanOrEqual(3);
});

test("what was sent together with a read that is cancelled is answered all the same", async () => {
  const send = originClient(tenantId, origin.url);
  const { json } = await send("/v1/products", { method: "POST", body: { sku: "quick", name: "Quick" } });
  // More than the pool has connections for reads: quick ones wait behind them.
  const slow = await Promise.all([0, 1, 2, 3].map(() => ask(`GET /v1/products/${slowId}`)));
  await untilRunning(2);
  const quick = Array.from({ length: 8 }, () => send(`/v1/products/${json.id}`));
  await expect
    .poll(() => figure('gatehouse_database_places_in_use{pool="reads"}'), { timeout: 10_000 })
    .toBe(12);
  for (const socket of slow) socket.destroy();
  const statuses = (await Promise.all(quick)).map(({ status }) => status);
  expect(statuses).toEqual(quick.map(() => 200));
  await untilRunning(0);
});

test("what runs when nobody waits any more is not begun again, and the pool is whole", async () => {
  const send = originClient(tenantId, origin.url);
  const sockets = await Promise.all([0, 1, 2, 3, 4, 5].map(() => ask("GET /v1/products")));
  await untilRunning(2);
  for (const socket of sockets) socket.destroy();
  await untilRunning(0);
  await expect.poll(() => figure('gatehouse_database_places_in_use{pool="exclusive"}')).toBe(0);
  expect(await figure('gatehouse_database_operations_waiting{pool="exclusive"}')).toBe(0);
  const written = [1, 2, 3, 4].map((n) =>
    send("/v1/products", { method: "POST", body: { sku: `whole-${n}`, name: "Whole" } }),
  );
  expect((await Promise.all(written)).map(({ status }) => status)).toEqual(written.map(() => 201));
});

async function figure(name: string): Promise<number> {
  const text = await (await fetch(`${origin.opsUrl}/metrics`)).text();
  const line = text.split("\n").find((one) => one.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1));
}

test.each(["53100", "53200", "53300", "53400", "57P01", "57P02", "57P03", "58030"])(
  "SQLSTATE %s is answered 503 with Retry-After",
  async (state) => {
    const send = originClient(tenantId, origin.url);
    const body = { sku: `fails-${state}`, name: `raise ${state}` };
    const { status, json, headers } = await send("/v1/products", { method: "POST", body });
    expect([status, json.code]).toEqual([503, "unavailable"]);
    expect(headers.get("retry-after")).toMatch(/^[1-9]\d*$/);
    expect((await send("/v1/products", { method: "POST", body: { sku: state, name: "Fine" } })).status).toBe(
      201,
    );
  },
);
