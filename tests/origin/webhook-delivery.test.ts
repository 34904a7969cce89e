import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { type Connections, connect } from "#origin/db/client.ts";
import { type Event, recordEvents } from "#origin/db/events.ts";
import { inTransaction } from "#origin/db/write.ts";
import { createLogger } from "#origin/log.ts";
import { claim, LEASE_MS, measureBacklog } from "#origin/resources/webhooks/claim.ts";
import { startDeliverer } from "#origin/resources/webhooks/deliverer.ts";
import { createPlaces } from "#origin/resources/webhooks/places.ts";
import { record } from "#origin/resources/webhooks/record.ts";
import type { Resolve } from "#origin/resources/webhooks/resolve.ts";
import { changeWebhook, insertWebhook, lockWebhook, replaceSecret } from "#origin/resources/webhooks/rows.ts";
import { MAX_ATTEMPTS } from "#origin/resources/webhooks/schedule.ts";
import { createSend } from "#origin/resources/webhooks/send.ts";
import { createSeal } from "#origin/seal.ts";
import { type OwnDatabase, startOwnDatabase } from "#tests/support/own-database.ts";
import { answer, type Received, type Receiver, startReceiver } from "#tests/support/webhook-receiver.ts";

/** Deliverers on a database of their own, whose clock the test sets. */

const LOCAL = { allowHttp: true, allowLoopback: true };
const seal = createSeal(["x".repeat(32)], "webhook secrets");
const TEST: Event = { type: "webhook.test", data: { text: "Lämpe 🙂" } };

const PATIENCE = { timeout: 10_000 };

let database: OwnDatabase;
let connections: Connections;
beforeAll(async () => {
  database = await startOwnDatabase();
  connections = connect({ url: database.url, poolSize: 4, applicationName: "test" });
});
afterAll(async () => {
  await connections.close(1);
  await database.drop();
});

type Options = {
  /** How far its clock is ahead. */
  readonly ahead?: () => number;
  readonly rule?: typeof LOCAL;
  readonly resolve?: Resolve;
};

function start({ ahead = () => 0, rule = LOCAL, resolve = async () => [] }: Options = {}) {
  const lines: string[] = [];
  const outcomes: string[] = [];
  const deliverer = startDeliverer({
    places: createPlaces(() => Date.now() + ahead()),
    connections,
    seal,
    send: createSend(rule, resolve),
    now: () => Date.now() + ahead(),
    random: () => 0.5,
    log: createLogger("info", { write: (line: string) => lines.push(line) }),
    ended: (outcome) => outcomes.push(outcome),
  });
  onTestFinished(() => deliverer.stop());
  return { ...deliverer, lines, outcomes };
}

async function receiver(...args: Parameters<typeof startReceiver>): Promise<Receiver> {
  const started = await startReceiver(...args);
  onTestFinished(() => started.close());
  return started;
}

async function hook(url: string, tenantId?: string) {
  const tenant = tenantId ?? (await database.newTenant());
  const { result } = await inTransaction(connections, tenant, (tx) =>
    insertWebhook(tx, seal, tenant, { url, eventTypes: ["webhook.test"] }),
  );
  return { tenant, id: result.webhook.id, secret: result.secret };
}

const happen = (tenant: string, count = 1) =>
  inTransaction(connections, tenant, (tx) => recordEvents(tx, tenant, Array<Event>(count).fill(TEST)));

const deliveries = (webhookId: string) => database.sql`
  select state, attempts, last_status as status, last_error as error, next_attempt_at as next
  from webhook_deliveries where webhook_id = ${webhookId} order by event_id`;

const eventually = (webhookId: string, expected: object) =>
  expect.poll(() => deliveries(webhookId), PATIENCE).toEqual([expect.objectContaining(expected)]);

function verified({ body, headers }: Received, secret: string): unknown {
  return new Webhook(secret).verify(body, headers);
}

test("an event arrives once at each webhook that asks for it, and a library verifies it", async () => {
  const [one, two, other] = [await receiver(), await receiver(), await receiver()];
  const first = await hook(one.url);
  const second = await hook(two.url, first.tenant);
  await hook(other.url);
  await happen(first.tenant);
  start();
  await Promise.all([one.has(1), two.has(1)]);
  const [received] = one.received;
  expect(received && verified(received, first.secret)).toEqual({
    type: "webhook.test",
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    data: TEST.data,
  });
  expect(() => received && verified(received, second.secret)).toThrow();
  expect(two.received[0]?.headers["webhook-id"]).toBe(received?.headers["webhook-id"]);
  await eventually(first.id, { state: "delivered", attempts: 1, status: 204, error: null, next: null });
  expect([one, two, other].map((at) => at.received.length)).toEqual([1, 1, 0]);
});

test("of what is rolled back nothing is sent, and what nobody asks for is not kept", async () => {
  const { tenant, id } = await hook("http://127.0.0.1:1025/");
  const undone = inTransaction(connections, tenant, async (tx) => {
    await recordEvents(tx, tenant, [TEST]);
    throw new Error("undone");
  });
  await expect(undone).rejects.toThrow("undone");
  expect(await deliveries(id)).toEqual([]);
  await database.sql`update webhooks set enabled = false where id = ${id}`;
  await happen(tenant);
  expect(await database.sql`select from webhook_events where tenant_id = ${tenant}`).toHaveLength(0);
});

test("a receiver that is down is tried again until it is up", async () => {
  let aheadMs = 0;
  const broken = await receiver((response, count) =>
    count < 3 ? response.socket?.resetAndDestroy() : answer(200)(response, count, response.req),
  );
  const { tenant, id, secret } = await hook(broken.url);
  await happen(tenant);
  const { outcomes } = start({ ahead: () => aheadMs });
  await expect.poll(() => outcomes.length, PATIENCE).toBe(1);
  await eventually(id, { state: "pending", attempts: 1, status: null, error: "unreachable" });
  aheadMs = 15_100;
  await expect.poll(() => outcomes.length, PATIENCE).toBe(2);
  aheadMs += 30_100;
  await eventually(id, { state: "delivered", attempts: 3, status: 200 });
  const ids = new Set(broken.received.map(({ headers }) => headers["webhook-id"]));
  expect(ids.size).toBe(1);
  for (const received of broken.received) expect(() => verified(received, secret)).not.toThrow();
});

test("what fails at every attempt of the schedule is dead, and not tried again", {
  timeout: 60_000,
}, async () => {
  let aheadMs = 0;
  const broken = await receiver(answer(500));
  const { tenant, id } = await hook(broken.url);
  await happen(tenant);
  const { outcomes, lines } = start({ ahead: () => aheadMs });
  for (let attempts = 1; attempts < MAX_ATTEMPTS; attempts++) {
    await expect.poll(() => outcomes.length, PATIENCE).toBe(attempts);
    await eventually(id, { state: "pending", attempts, status: 500, error: "status" });
    aheadMs += 4 * 3_600_000;
  }
  await eventually(id, { state: "dead", attempts: MAX_ATTEMPTS, next: null });
  expect(outcomes).toEqual([...Array<string>(MAX_ATTEMPTS - 1).fill("again"), "dead"]);
  expect(lines.join("")).toContain("an event is not delivered");
  expect(await measureBacklog(connections)).toMatchObject({ waiting: expect.any(Number) });
});

test("Retry-After is heeded", async () => {
  const busy = await receiver(answer(429, { "retry-after": "7200" }));
  const { tenant, id } = await hook(busy.url);
  await happen(tenant);
  start();
  await eventually(id, { state: "pending", attempts: 1, status: 429 });
  const [row] = await deliveries(id);
  const waitSeconds = (row?.["next"] - Date.now()) / 1_000;
  expect(waitSeconds).toBeGreaterThan(7_000);
  expect(waitSeconds).toBeLessThan(7_201);
});

test("410 disables the webhook, and says so in the audit log", async () => {
  const gone = await receiver(answer(410));
  const { tenant, id } = await hook(gone.url);
  await happen(tenant, 2);
  start();
  await gone.has(1);
  await expect
    .poll(() => database.sql`select enabled, disabled_reason, version from webhooks where id = ${id}`)
    .toEqual([{ enabled: false, disabled_reason: "gone", version: 2 }]);
  const [entry] = await database.sql`
    select before, after from audit_log where item_id = ${id} and action = 'update'`;
  expect(entry).toMatchObject({ before: { enabled: true }, after: { enabled: false } });
  await inTransaction(connections, tenant, async (tx) => {
    const again = await changeWebhook(tx, await lockWebhook(tx, id), { enabled: true });
    expect(again).toMatchObject({ enabled: true, disabledReason: null });
  });
});

test("a redirect is a failure, and not followed", async () => {
  const inside = await receiver();
  const outside = await receiver(answer(307, { location: inside.url }));
  const { tenant, id } = await hook(outside.url);
  await happen(tenant);
  start();
  await eventually(id, { state: "pending", status: 307, error: "status" });
  expect(inside.received).toEqual([]);
});

test("an endless answer is cut off, and its status counts", async () => {
  const endless = await receiver((response) => {
    response.writeHead(200);
    const pour = () => {
      while (response.write("x".repeat(65_536)));
      response.once("drain", pour);
    };
    pour();
  });
  const { tenant, id } = await hook(endless.url);
  await happen(tenant);
  start();
  await eventually(id, { state: "delivered", status: 200 });
});

test("while a secret is changed over both sign; afterwards the new one alone", async () => {
  const at = await receiver();
  const { tenant, id, secret } = await hook(at.url);
  const rotate = (graceSeconds: number) =>
    inTransaction(connections, tenant, (tx) => replaceSecret(tx, seal, tenant, id, graceSeconds));
  const { result: newer } = await rotate(60);
  await happen(tenant);
  start();
  await at.has(1);
  const [both] = at.received;
  for (const known of [secret, newer.secret]) expect(() => both && verified(both, known)).not.toThrow();
  const { result: newest } = await rotate(0);
  await happen(tenant);
  await at.has(2);
  const alone = at.received[1];
  expect(() => alone && verified(alone, newest.secret)).not.toThrow();
  expect(() => alone && verified(alone, newer.secret)).toThrow();
});

test("a webhook whose receiver never answers takes its own few places, and holds up nobody", async () => {
  const slow = await receiver(() => undefined);
  const quick = await receiver();
  const stuck = await hook(slow.url);
  await happen(stuck.tenant, 200);
  const fine = await hook(quick.url);
  await happen(fine.tenant, 20);
  const { outcomes } = start();
  await Promise.all([quick.has(20), slow.has(4)]);
  await expect.poll(() => outcomes.filter((outcome) => outcome === "delivered").length).toBe(20);
  expect(slow.received.length).toBe(4);
  await slow.close();
  await database.sql`delete from webhook_deliveries where webhook_id = ${stuck.id}`;
});

test("a delivery that was claimed by a process that died is due again when the claim runs out", async () => {
  const at = await receiver();
  const { tenant, id } = await hook(at.url);
  await happen(tenant);
  const room = { total: 100, perWebhook: 4, withheld: new Map() };
  const ours = async (now: number) =>
    (await claim(connections, room, now)).filter(({ webhookId }) => webhookId === id);
  expect(await ours(Date.now())).toHaveLength(1);
  expect(await ours(Date.now())).toHaveLength(0);
  expect(await ours(Date.now() + LEASE_MS - 5_000)).toHaveLength(0);
  start({ ahead: () => LEASE_MS + 1_000 });
  await eventually(id, { state: "delivered", attempts: 2 });
});

test("who reports an attempt after another has taken the delivery over is not believed", async () => {
  const { tenant, id } = await hook("http://127.0.0.1:1025/");
  await happen(tenant);
  const room = { total: 100, perWebhook: 4, withheld: new Map() };
  const ours = async (now: number) =>
    (await claim(connections, room, now)).find(({ webhookId }) => webhookId === id);
  const late = await ours(Date.now());
  const current = await ours(Date.now() + LEASE_MS + 1_000);
  if (late === undefined || current === undefined) throw new Error("it was not claimed twice");
  const failed = { status: 500, error: "status", retryAfter: null } as const;
  const delivered = { status: 204, error: null, retryAfter: null } as const;
  expect(await record(connections, late, failed, { kind: "dead" })).toBe(false);
  expect(await record(connections, current, delivered, { kind: "delivered" })).toBe(true);
  expect(await record(connections, current, failed, { kind: "dead" })).toBe(false);
  expect(await deliveries(id)).toMatchObject([{ state: "delivered", attempts: 2, status: 204 }]);
});

test("what waits for a webhook that is disabled goes on waiting, and is sent when it is enabled", async () => {
  const at = await receiver();
  const { tenant, id } = await hook(at.url);
  await happen(tenant);
  const set = (enabled: boolean) =>
    inTransaction(connections, tenant, async (tx) =>
      changeWebhook(tx, await lockWebhook(tx, id), { enabled }),
    );
  await set(false);
  const other = await hook(at.url, tenant);
  await happen(tenant);
  start();
  await eventually(other.id, { state: "delivered" });
  expect(await deliveries(id)).toMatchObject([{ state: "pending", attempts: 0 }]);
  await set(true);
  await eventually(id, { state: "delivered", attempts: 1 });
});

test("several deliverers at once send each event once", async () => {
  const at = await receiver();
  const { tenant } = await hook(at.url);
  await happen(tenant, 100);
  const workers = [start(), start(), start()];
  await at.has(100);
  for (const worker of workers) await worker.stop();
  expect(at.received).toHaveLength(100);
  expect(new Set(at.received.map(({ headers }) => headers["webhook-id"])).size).toBe(100);
});

test("a stop lets what is on its way arrive, notes it, and takes no more", async () => {
  const open: (() => void)[] = [];
  const at = await receiver((response) => open.push(() => response.writeHead(204).end()));
  const { tenant, id } = await hook(at.url);
  await happen(tenant);
  const { stop } = start();
  await at.has(1);
  const stopped = stop();
  await happen(tenant);
  for (const finish of open) finish();
  await stopped;
  expect((await deliveries(id)).map(({ state, attempts }) => [state, attempts])).toEqual([
    ["delivered", 1],
    ["pending", 0],
  ]);
});

test("a name that meant a public address when it was given is refused when it means this machine", async () => {
  const inside = await receiver();
  const { port } = new URL(inside.url);
  const { tenant, id } = await hook(`https://rebound.example.com:${port}/`);
  await happen(tenant);
  const rule = { allowHttp: false, allowLoopback: false };
  start({ rule, resolve: async () => ["93.184.215.14", "127.0.0.1"] });
  await eventually(id, { state: "pending", status: null, error: "refused-address" });
  expect(inside.received).toEqual([]);
});

test("the connection goes to the address that was looked at, and the name is asked for once", async () => {
  const at = await receiver();
  const { port } = new URL(at.url);
  let asked = 0;
  const { tenant } = await hook(`http://pinned.example.com:${port}/`);
  await happen(tenant);
  start({
    resolve: async () => {
      asked++;
      return asked === 1 ? ["127.0.0.1"] : ["169.254.169.254"];
    },
  });
  await at.has(1);
  expect(asked).toBe(1);
  expect(at.received[0]?.headers["host"]).toBe(`pinned.example.com:${port}`);
});

test("an attempt says why it failed, and ends when its time is up, whatever it waits for", async () => {
  const silent = await receiver(() => undefined);
  const never = new Promise<never>(() => undefined);
  const attempt = (url: string, resolve: Resolve = async () => []) =>
    createSend(LOCAL, resolve)({ url, headers: {}, body: "{}" }, AbortSignal.timeout(300));
  const errors = await Promise.all([
    attempt(silent.url),
    attempt("https://silent.example.com/", () => never),
    attempt("https://nowhere.example.com/"),
    attempt("http://10.0.0.1/"),
    attempt("http://127.0.0.1:1025/"),
    attempt(silent.url.replace("http:", "https:")),
  ]);
  expect(errors.map(({ error, status }) => [error, status])).toEqual([
    ["timeout", null],
    ["timeout", null],
    ["unresolved", null],
    ["refused-address", null],
    ["unreachable", null],
    ["tls", null],
  ]);
});

test("neither secrets nor URLs nor what a receiver says are logged or kept", async () => {
  const rude = await receiver(answer(410));
  const { tenant, id, secret } = await hook(`${rude.url}?token=very-secret`);
  await happen(tenant);
  const { lines } = start();
  await eventually(id, { state: "dead", error: "gone" });
  const kept = JSON.stringify([
    await deliveries(id),
    await database.sql`select * from webhook_deliveries where webhook_id = ${id}`,
  ]);
  for (const text of [lines.join(""), kept]) {
    expect(text).not.toContain(secret.slice("whsec_".length));
    expect(text).not.toContain("very-secret");
    expect(text).not.toContain("own words");
  }
  expect(lines.join("")).toContain(id);
});

test("events are forgotten after 30 days, with their deliveries, and no earlier", async () => {
  const { forgetWebhookEvents } = await import("#origin/resources/webhooks/sweep.ts");
  const { tenant, id } = await hook("http://127.0.0.1:1025/");
  await happen(tenant, 2);
  await database.sql`
    update webhook_events set occurred_at = now() - interval '31 days'
    where id = (select event_id from webhook_deliveries where webhook_id = ${id} order by event_id limit 1)`;
  await forgetWebhookEvents.run({ connections, committed: () => undefined });
  expect(await deliveries(id)).toHaveLength(1);
  expect(await database.sql`select from webhook_events where tenant_id = ${tenant}`).toHaveLength(1);
});
