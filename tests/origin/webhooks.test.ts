import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { readConfig } from "#origin/config.ts";
import { type Answer, originClient, type Send, type SignedRequest } from "#tests/support/origin.ts";
import { newTenant, owner, stack } from "#tests/support/stack.ts";
import { answer, startReceiver } from "#tests/support/webhook-receiver.ts";

const SCOPES = ["webhooks:admin", "audit:admin"];
/** Nobody listens there. */
const URL_HERE = "http://127.0.0.1:1025/hook";
let send: Send;
let stranger: Send;
beforeAll(async () => {
  [send, stranger] = [adminOf((await newTenant()).id), adminOf((await newTenant()).id)];
});

function adminOf(tenantId: string): Send {
  const client = originClient(tenantId);
  return (path, request) => client(path, { scopes: SCOPES, ...request });
}

function create(body: object = {}, by = send, request: SignedRequest = {}): Promise<Answer> {
  const fields = { url: URL_HERE, eventTypes: ["webhook.test"], ...body };
  return by("/v1/webhooks", { method: "POST", body: fields, ...request });
}

async function created(body: object = {}, by = send): Promise<{ id: string; secret: string }> {
  const { status, json } = await create(body, by);
  expect(status).toBe(201);
  return json;
}

function update(id: string, body: object, headers: Record<string, string> = { "if-match": "*" }, by = send) {
  const all = { "content-type": "application/merge-patch+json", ...headers };
  return by(`/v1/webhooks/${id}`, { method: "PATCH", body, headers: all });
}

const remove = (id: string, headers = {}, by = send) =>
  by(`/v1/webhooks/${id}`, { method: "DELETE", headers });
const rotate = (id: string, body: object = {}, by = send) =>
  by(`/v1/webhooks/${id}/secret`, { method: "POST", body });
const testEvent = (id: string, by = send) => by(`/v1/webhooks/${id}/test`, { method: "POST" });

describe("createWebhook", () => {
  test("answers 201 with a secret, an ETag and a Location", async () => {
    const { status, json, headers } = await create({ description: "Lager é" });
    expect(status).toBe(201);
    expect(json).toMatchObject({ url: URL_HERE, description: "Lager é", enabled: true, version: 1 });
    expect(json.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(headers.get("etag")).toBe('"1"');
    expect(headers.get("location")).toBe(`/v1/webhooks/${json.id}`);
    await remove(json.id);
  });

  test("keeps the secret sealed, and shows it to nobody again, not in the audit log either", async () => {
    const { id, secret } = await created();
    const rotated = (await rotate(id)).json.secret;
    const [row] = await owner()`select * from webhooks where id = ${id}`;
    const texts = [
      await send(`/v1/webhooks/${id}`),
      await send("/v1/webhooks"),
      await update(id, { description: "B" }),
      await send(`/v1/audit-log?itemId=${id}`),
    ].map(({ text }) => text);
    expect(texts.at(-1)).toContain("webhooks");
    for (const text of [...texts, JSON.stringify(row)]) {
      for (const shown of [secret, rotated]) expect(text).not.toContain(shown.slice("whsec_".length));
      expect(text).not.toMatch(/"secret"|sealedSecret/);
    }
    expect(texts.at(-1)).not.toContain("sealed_");
    expect(Buffer.from(row?.["sealed_secret"]).toString("latin1")).not.toContain("whsec_");
    await remove(id);
  });

  test("ignores an Idempotency-Key: a secret is not stored for a replay", async () => {
    const request = { headers: { "idempotency-key": "k" } };
    const [one, two] = [await create({}, send, request), await create({}, send, request)];
    expect(one.json.id).not.toBe(two.json.id);
    await remove(one.json.id);
    await remove(two.json.id);
  });

  test.each([
    ["no event types", { eventTypes: [] }, "/eventTypes"],
    ["a type that does not exist", { eventTypes: ["webhook.*"] }, "/eventTypes/0"],
    ["a type twice", { eventTypes: ["webhook.test", "webhook.test"] }, "/eventTypes"],
    ["an empty URL", { url: "" }, "/url"],
    ["a URL of 2,001 characters", { url: `https://a.example.com/${"x".repeat(1_979)}` }, "/url"],
    ["a secret of one's own", { secret: "x" }, "/secret"],
  ])("answers 400 to %s", async (_what, body, pointer) => {
    const { status, json } = await create(body);
    expect(status).toBe(400);
    expect(json.errors).toEqual(expect.arrayContaining([expect.objectContaining({ pointer })]));
  });

  test("answers 403 without the scope", async () => {
    expect((await create({}, send, { scopes: ["catalog:write"] })).status).toBe(403);
  });

  test("answers 409 to the twenty-first", async () => {
    const by = adminOf((await newTenant()).id);
    for (let count = 0; count < 20; count++) await created({}, by);
    const { status, json } = await create({}, by);
    expect([status, json.detail]).toEqual([409, "there are 20 webhooks, and may not be more"]);
  });

  test("counts those that are made at the same time: of twenty-six at once twenty are", async () => {
    const by = adminOf((await newTenant()).id);
    const answers = await Promise.all(Array.from({ length: 26 }, () => create({}, by)));
    const statuses = answers.map(({ status }) => status).toSorted();
    expect(statuses).toEqual([...Array(20).fill(201), ...Array(6).fill(409)]);
  });

  test.each([
    ["ftp://example.com/", "must begin with https:"],
    ["http://10.0.0.1/", "must be on the public Internet"],
    ["http://169.254.169.254/latest/meta-data/", "must be on the public Internet"],
    ["not a url", "is not a URL"],
  ])("answers 422 to the URL %s", async (url, detail) => {
    const { status, json } = await create({ url });
    expect(status).toBe(422);
    expect(json.errors).toEqual([{ in: "body", pointer: "/url", rule: "public", detail }]);
  });
});

describe("getWebhook", () => {
  test("answers 200 with an ETag, and 404 to another tenant and to none", async () => {
    const { id } = await created();
    const { status, json, headers } = await send(`/v1/webhooks/${id}`);
    expect([status, json.id, headers.get("etag")]).toEqual([200, id, '"1"']);
    expect((await stranger(`/v1/webhooks/${id}`)).status).toBe(404);
    expect((await send(`/v1/webhooks/${randomUUID()}`)).status).toBe(404);
    await remove(id);
  });
});

describe("listWebhooks", () => {
  test("answers 200 with pages, newest first, of one tenant", async () => {
    const by = adminOf((await newTenant()).id);
    const ids = [(await created({}, by)).id, (await created({}, by)).id, (await created({}, by)).id];
    const first = (await by("/v1/webhooks?pageSize=2")).json;
    const second = (await by(`/v1/webhooks?pageSize=2&cursor=${first.meta.nextCursor}`)).json;
    const listed = [...first.data, ...second.data].map(({ id }: { id: string }) => id);
    expect(listed).toEqual(ids.reverse());
    expect(second.meta.nextCursor).toBeNull();
  });

  test("answers 400 to a cursor of another list", async () => {
    expect((await send("/v1/webhooks?cursor=AAAA")).status).toBe(400);
  });
});

describe("updateWebhook", () => {
  test("answers 200 and changes what is given, nothing else", async () => {
    const { id } = await created({ description: "A" });
    const { status, json, headers } = await update(id, { enabled: false }, { "if-match": '"1"' });
    expect(status).toBe(200);
    expect(json).toMatchObject({ enabled: false, disabledReason: null, description: "A", version: 2 });
    expect(headers.get("etag")).toBe('"2"');
    expect((await update(id, { description: null, enabled: true })).json).toMatchObject({
      description: null,
      enabled: true,
      version: 3,
    });
    await remove(id);
  });

  test("answers 428 without If-Match, 412 to an old one, 422 to a URL inside, 404 to a stranger", async () => {
    const { id } = await created();
    expect((await update(id, { enabled: false }, {})).status).toBe(428);
    expect((await update(id, { enabled: false }, { "if-match": '"7"' })).status).toBe(412);
    expect((await update(id, { url: "https://[fd00::1]/" })).status).toBe(422);
    expect((await update(id, { enabled: false }, { "if-match": "*" }, stranger)).status).toBe(404);
    expect((await update(id, {})).status).toBe(400);
    await remove(id);
  });
});

describe("deleteWebhook", () => {
  test("answers 204, and takes its deliveries with it", async () => {
    const { id } = await created();
    expect((await testEvent(id)).status).toBe(202);
    expect((await remove(id, { "if-match": '"7"' })).status).toBe(412);
    expect((await remove(id, {}, stranger)).status).toBe(404);
    expect((await remove(id)).status).toBe(204);
    expect((await remove(id)).status).toBe(404);
    expect(await owner()`select from webhook_deliveries where webhook_id = ${id}`).toHaveLength(0);
  });
});

describe("rotateWebhookSecret", () => {
  test("answers 200 with a new secret, and says until when the old one signs too", async () => {
    const { id, secret } = await created();
    const { status, json } = await rotate(id, { gracePeriodSeconds: 60 });
    expect(status).toBe(200);
    expect(json.secret).not.toBe(secret);
    expect(Date.parse(json.previousSecretExpiresAt)).toBeGreaterThan(Date.now());
    expect((await rotate(id, { gracePeriodSeconds: 0 })).json.previousSecretExpiresAt).toBeNull();
    expect((await rotate(id, { gracePeriodSeconds: -1 })).status).toBe(400);
    expect((await rotate(id, {}, stranger)).status).toBe(404);
    await remove(id);
  });
});

describe("deliveries", () => {
  test("a test is answered with 202, sent, and listed as delivered", async () => {
    const receiver = await startReceiver();
    const { id } = await created({ url: receiver.url });
    const { status, json } = await testEvent(id);
    expect(status).toBe(202);
    expect(json).toMatchObject({ type: "webhook.test", state: "pending", attempts: 0, lastError: null });
    await receiver.has(1);
    expect(receiver.received[0]?.headers["webhook-id"]).toBe(json.id);
    await expect
      .poll(async () => (await send(`/v1/webhooks/${id}/deliveries?state=delivered`)).json.data)
      .toMatchObject([
        { id: json.id, state: "delivered", attempts: 1, lastStatus: 204, nextAttemptAt: null },
      ]);
    expect((await send(`/v1/webhooks/${id}/deliveries?state=dead`)).json.data).toEqual([]);
    expect((await stranger(`/v1/webhooks/${id}/deliveries`)).status).toBe(404);

    const again = (by: Send) => by(`/v1/webhooks/${id}/deliveries/${json.id}/redeliver`, { method: "POST" });
    expect((await again(stranger)).status).toBe(404);
    expect((await again(send)).json).toMatchObject({ id: json.id, state: "pending", attempts: 0 });
    await receiver.has(2);
    expect(receiver.received[1]?.headers["webhook-id"]).toBe(json.id);
    expect(receiver.received[1]?.body).toBe(receiver.received[0]?.body);
    await receiver.close();

    const told =
      await owner()`select collection, action, before ->> 'state' as before, after ->> 'state' as after,
      subject, request_id is not null as has_request from audit_log where item_id = ${json.id} order by seq`;
    const by = { subject: "tester", has_request: true };
    expect([...told]).toEqual([
      { collection: "webhook_events", action: "create", before: null, after: null, ...by },
      { collection: "webhook_deliveries", action: "update", before: "delivered", after: "pending", ...by },
    ]);
  });

  test("redelivery answers 409 while it is on its way, and 404 to what never was", async () => {
    const receiver = await startReceiver(answer(503, { "retry-after": "600" }));
    const { id } = await created({ url: receiver.url });
    const event = (await testEvent(id)).json.id;
    const again = (eventId: string) =>
      send(`/v1/webhooks/${id}/deliveries/${eventId}/redeliver`, { method: "POST" });
    expect((await again(event)).status).toBe(409);
    expect((await again(randomUUID())).status).toBe(404);
    await receiver.close();
    await remove(id);
  });

  test("a webhook that is disabled is neither tested nor redelivered to: 409", async () => {
    const { id } = await created();
    await update(id, { enabled: false });
    expect((await testEvent(id)).status).toBe(409);
    expect((await testEvent(id, stranger)).status).toBe(404);
    const path = `/v1/webhooks/${id}/deliveries/${randomUUID()}/redeliver`;
    expect((await send(path, { method: "POST" })).status).toBe(409);
    await remove(id);
  });
});

test("sending to this machine is for development: any other environment refuses to start with it", () => {
  const variables = { ...stack().originVariables, WEBHOOK_TARGETS: "local" };
  expect(readConfig(variables).webhookTargets).toEqual({ allowHttp: true, allowLoopback: true });
  expect(() => readConfig({ ...variables, ENVIRONMENT: "staging" })).toThrow(
    "WEBHOOK_TARGETS local is for development",
  );
  expect(readConfig({ ...variables, WEBHOOK_TARGETS: "" }).webhookTargets).toEqual({
    allowHttp: false,
    allowLoopback: false,
  });
});
