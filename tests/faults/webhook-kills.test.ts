import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect } from "#origin/db/client.ts";
import { recordEvents } from "#origin/db/events.ts";
import { inTransaction } from "#origin/db/write.ts";
import { LEASE_MS } from "#origin/resources/webhooks/claim.ts";
import { insertWebhook } from "#origin/resources/webhooks/rows.ts";
import { createSeal } from "#origin/seal.ts";
import { type RunningRedis, startRedis } from "#scripts/local/redis.ts";
import { startOriginProcess } from "#tests/support/origin-process.ts";
import { type OwnDatabase, startOwnDatabase } from "#tests/support/own-database.ts";
import { stack } from "#tests/support/stack.ts";
import { answer, startReceiver } from "#tests/support/webhook-receiver.ts";

/** Origins as processes on a database of their own, one of which is killed while it sends. */

let database: OwnDatabase;
let redis: RunningRedis;
beforeAll(async () => {
  [database, redis] = await Promise.all([startOwnDatabase(), startRedis({ token: stack().redis.token })]);
});
afterAll(async () => {
  await redis.stop();
  await database.drop();
});

const startOrigin = () =>
  startOriginProcess({
    ...stack().originVariables,
    DATABASE_URL: database.url,
    UPSTASH_REDIS_REST_URL: redis.url,
  });

async function oneEvent(url: string) {
  const connections = connect({ url: database.url, poolSize: 1, applicationName: "test" });
  const seal = createSeal([stack().secrets.keyEncryption], "webhook secrets");
  const tenantId = await database.newTenant();
  const { result } = await inTransaction(connections, tenantId, async (tx) => {
    const made = await insertWebhook(tx, seal, tenantId, { url, eventTypes: ["webhook.test"] });
    await recordEvents(tx, tenantId, [{ type: "webhook.test", data: {} }]);
    return made;
  });
  await connections.close(1);
  return result;
}

const state = () => database.sql`select state, attempts from webhook_deliveries`;

test("an event whose origin is killed while it sends is delivered by the next, when the claim has run out", async () => {
  // The first request is held for ever; so nobody knows whether it was dealt with.
  const receiver = await startReceiver((response, count) => {
    if (count > 1) answer(204)(response, count, response.req);
  });
  const { secret } = await oneEvent(receiver.url);
  const first = await startOrigin();
  await receiver.has(1);
  first.kill();
  await first.ended;
  expect(await state()).toEqual([{ state: "pending", attempts: 1 }]);

  const second = await startOrigin();
  const [row] = await database.sql`
    select next_attempt_at - last_attempt_at = make_interval(secs => ${LEASE_MS / 1_000}) as leased
    from webhook_deliveries`;
  expect(row).toEqual({ leased: true });
  // As if the claim's time had passed.
  await database.sql`update webhook_deliveries set next_attempt_at = now()`;
  await receiver.has(2);
  await expect.poll(state).toEqual([{ state: "delivered", attempts: 2 }]);
  const [lost, kept] = receiver.received;
  expect(kept?.headers["webhook-id"]).toBe(lost?.headers["webhook-id"]);
  expect(kept?.body).toBe(lost?.body);
  expect(() => new Webhook(secret).verify(kept?.body ?? "", kept?.headers ?? {})).not.toThrow();

  const metrics = await (await fetch(`${second.opsUrl}/metrics`)).text();
  expect(metrics).toContain('gatehouse_webhook_attempts_total{outcome="delivered"} 1');
  expect(metrics).toContain("gatehouse_webhook_deliveries_pending 0");
  expect(metrics).toContain("gatehouse_webhook_oldest_pending_age_seconds 0");
  second.kill();
  await second.ended;
  await receiver.close();
});
