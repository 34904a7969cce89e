import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Snapshot } from "#edge/cache/snapshot.ts";
import { itemField, listField } from "#shared/freshness.ts";
import {
  delivered as deliveredIn,
  drawn,
  edgeReader,
  type RelayHere,
  type RelayRig,
  startRelayHere,
  startRelayRig,
  undelivered,
  writeItem,
} from "#tests/support/relay-rig.ts";

/** The relay by itself, between a Postgres and a Redis that are lost at every message, seen as edges see it. */
let rig: RelayRig;

beforeAll(async () => {
  rig = await startRelayRig();
});
afterAll(() => rig.stop());

const start = (databaseUrl?: string) => startRelayHere(rig, databaseUrl);
const write = (itemId: string) => writeItem(rig, itemId);
const look = () => edgeReader(rig)(rig.tenantId);
const delivered = (running: RelayHere, before: Snapshot, itemId: string) =>
  deliveredIn(rig, running, before, itemId);

/** The watermark waits for every transaction of the cluster, those of other tests included. */
const passed = (xid: number): Promise<void> =>
  vi.waitFor(async () => expect((await look()).watermark).toBeGreaterThan(xid), { timeout: 20_000 });

/** More than a relay sends or is sent from its first connection to the end of its first delivery. */
const MANY = 200;

test.each([
  ["any message of the client", "client", 1],
  // An answer is one of several messages, all of which come at once.
  ["every third message of the server", "server", 3],
] as const)(
  "no write is lost when the connection to Postgres is cut before %s",
  async (_which, from, step) => {
    let cuts = 0;
    let last = 0;
    for (let at = 1; at <= MANY; at += step) {
      const itemId = randomUUID();
      const before = await look();
      last = await write(itemId);
      let wasCut = false;
      const when = (_: unknown, count: number) => {
        wasCut ||= count === at;
        return count === at;
      };
      await rig.postgres.set({ kind: "cut", from, at: "before", when });
      const running = start();
      await delivered(running, before, itemId);
      await rig.postgres.set({ kind: "pass" });
      await running.end();
      if (!wasCut) break;
      cuts++;
    }
    const running = start();
    await passed(last);
    await running.end();
    expect(cuts).toBeGreaterThan(15);
    expect(cuts * step).toBeLessThan(MANY);
  },
  60_000,
);

test.each([
  ["its request to Redis", "before"],
  ["the answer of Redis", "after"],
] as const)("no write is lost when %s is", async (_what, side) => {
  const itemId = randomUUID();
  const before = await look();
  const xid = await write(itemId);
  let lost = 0;
  rig.gate[side] = () => (++lost <= 2 ? "reset" : "pass");
  const running = start();
  await delivered(running, before, itemId);
  rig.gate[side] = () => "pass";
  await passed(xid);
  await running.end();
  expect(lost).toBeGreaterThan(2);
});

test("two at once, one of which loses its connection all the time, lose and rewind nothing", async () => {
  const steady = start(rig.database.url);
  const unlucky = start();
  const items = Array.from({ length: 300 }, () => randomUUID());
  let latest = await look();
  let last = 0;
  for (const [index, itemId] of items.entries()) {
    last = await write(itemId);
    (index % 2 === 0 ? steady : unlucky).wake();
    if (index % 7 === 0) rig.postgres.sever();
    if (index % 10 !== 0) continue;
    const next = await look();
    expect(next.watermark).toBeGreaterThanOrEqual(latest.watermark);
    for (const field of [listField("products"), ...items.map((id) => itemField("products", id))]) {
      expect(drawn(next, field)).toBeGreaterThanOrEqual(drawn(latest, field));
    }
    latest = next;
  }
  await passed(last);
  const end = await look();
  for (const itemId of items) expect(drawn(end, itemField("products", itemId))).toBeGreaterThan(0);
  await vi.waitFor(async () => expect(await undelivered(rig)).toHaveLength(0));
  await Promise.all([steady.end(), unlucky.end()]);
});

test.each([
  ["after all that came before it has ended", false],
  ["while an older transaction is open", true],
])("a publication that arrives once more, and late, brings no version back, %s", async (_when, held) => {
  const field = itemField("products", rig.tenantId);
  const sent: string[] = [];
  rig.gate.after = (body) => {
    if (body.includes('"gatehouse:versions:')) sent.push(body);
    return "pass";
  };
  const running = start(rig.database.url);
  const publish = async () => {
    const count = sent.length;
    await write(rig.tenantId);
    running.wake();
    await vi.waitFor(() => expect(sent.length).toBeGreaterThan(count), { timeout: 2_000 });
    return (await look()).versions(field);
  };
  const publishTwice = async () => {
    const [first, second] = [await publish(), await publish()];
    expect(second).not.toBe(first);
    const headers = { authorization: `Bearer ${rig.redis.token}` };
    const again = await fetch(rig.redis.url, { method: "POST", headers, body: sent.at(-2) ?? "" });
    expect(again.status).toBe(200);
    expect((await look()).versions(field)).not.toBe(first);
  };
  if (held) {
    await rig.database.sql.begin(async (tx) => {
      await tx`select pg_current_xact_id()`;
      await publishTwice();
    });
  } else {
    await publishTwice();
  }
  rig.gate.after = () => "pass";
  await running.end();
});
