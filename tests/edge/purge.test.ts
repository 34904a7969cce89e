import { createHmac } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sendOrder } from "#scripts/purge/send.ts";
import { PURGE_PATH, PURGE_TARGET, type PurgeOrder, signedOrder } from "#shared/operator.ts";
import { AGAIN_WHEN_BLIND, type EdgeUnderTest, sighted, startEdgeUnderTest } from "#tests/support/edge.ts";

const TENANTS = { a: "0190a7c0-0000-7000-8000-0000000000aa", b: "0190a7c0-0000-7000-8000-0000000000bb" };
const SECRET = `development-${"1".repeat(32)}`;
const OLDER_SECRET = `development-${"2".repeat(32)}`;

describe("an operator's purge", AGAIN_WHEN_BLIND, () => {
  let edge: EdgeUnderTest;
  const authorizations = new Map<string, string>();

  beforeAll(async () => {
    const ASSERTION_SECRETS = `new:${SECRET},old:${OLDER_SECRET}`;
    edge = await startEdgeUnderTest({ variables: { ...sighted(), ASSERTION_SECRETS } });
    for (const [name, tenant] of Object.entries(TENANTS)) {
      authorizations.set(name, `Bearer ${await edge.token({ tenant, client_id: name })}`);
    }
  });
  beforeEach(async () => {
    await order({ purgeEverything: true });
  });
  afterAll(() => edge.stop());

  const order = (wanted: PurgeOrder, secret = SECRET) => sendOrder(edge.url, secret, wanted, Date.now());
  const item = (last: number) => `/v1/products/0190a7c0-0000-7000-8000-00000000000${last}`;
  const get = async (path: string, tenant: keyof typeof TENANTS = "a") => {
    const answer = await fetch(edge.url + path, {
      headers: { authorization: authorizations.get(tenant) ?? "" },
    });
    await answer.text();
    return answer;
  };
  const how = async (path: string, tenant: keyof typeof TENANTS = "a") =>
    (await get(path, tenant)).headers.get("cf-cache-status");
  const warm = async () => {
    for (const path of [item(1), item(2), "/v1/products", "/v1/categories", "/openapi.json"]) {
      expect(await how(path), path).toBe("MISS");
      expect(await how(path), path).toBe("HIT");
    }
    await get(item(1), "b");
  };

  it("removes what has a tag, and nothing else", async () => {
    await warm();
    const outcome = await order({ tags: ["item:products:0190a7c0-0000-7000-8000-000000000001"] });
    expect(outcome).toEqual({ success: true, errors: [], reach: "isolate" });
    expect(await how(item(2))).toBe("HIT");
    expect(await how("/v1/products")).toBe("HIT");
    expect(await how(item(1))).toBe("MISS");
    expect(await how(item(1), "b")).toBe("MISS");
  });

  it("removes what has any of several tags, in whatever letter case", async () => {
    await warm();
    await order({ tags: ["Collection:Categories", "route:listProducts"] });
    expect(await how(item(1))).toBe("HIT");
    expect(await how("/v1/categories")).toBe("MISS");
    expect(await how("/v1/products")).toBe("MISS");
  });

  it("removes one tenant's answers, or everyone's", async () => {
    await warm();
    await order({ tags: [`tenant:${TENANTS.a}`] });
    expect(await how(item(1), "b")).toBe("HIT");
    expect(await how("/openapi.json")).toBe("HIT");
    expect(await how(item(1))).toBe("MISS");
    await order({ purgeEverything: true });
    expect(await how(item(1), "b")).toBe("MISS");
    expect(await how("/openapi.json")).toBe("MISS");
  });

  it("is taken by each secret, so that they can be rotated", async () => {
    await expect(order({ purgeEverything: true }, OLDER_SECRET)).resolves.toMatchObject({ success: true });
  });

  it("shows no client what answers are tagged with", async () => {
    const names = [...(await get(item(1))).headers.keys()];
    expect(names).not.toContain("cache-tag");
  });

  const post = async (signature: string | null, body: string, path = PURGE_PATH, method = "POST") => {
    const answer = await fetch(edge.url + path, {
      method,
      headers: signature === null ? {} : { "gatehouse-operator": signature },
      ...(method === "GET" ? {} : { body }),
    });
    return [answer.status, ((await answer.json()) as { code: string }).code];
  };
  const BODY = '{"purgeEverything":true}';
  const inSeconds = (seconds: number) => String(Math.floor(Date.now() / 1000) + seconds);
  const sign = (expiresAt: string, body: string, secret = SECRET) =>
    `${expiresAt}.${createHmac("sha256", secret)
      .update(signedOrder(PURGE_TARGET, expiresAt, body))
      .digest("base64url")}`;

  it.each<[string, () => string | null]>([
    ["without a signature", () => null],
    ["with another secret's", () => sign(inSeconds(30), BODY, `development-${"9".repeat(32)}`)],
    ["with another order's", () => sign(inSeconds(30), '{"tags":["a"]}')],
    ["with one that has expired", () => sign(inSeconds(-1), BODY)],
    ["with one that would last too long", () => sign(inSeconds(90), BODY)],
    [
      "with another expiry than was signed",
      () => `${inSeconds(31)}.${sign(inSeconds(30), BODY).split(".")[1]}`,
    ],
    ["with nonsense", () => "x.y"],
  ])("is a route that does not exist to whoever comes %s", async (_, signature) => {
    await get("/openapi.json");
    const nowhere = await post(null, BODY, "/_edge/nothing");
    expect(nowhere).toEqual([404, "unknown-route"]);
    expect(await post(signature(), BODY)).toEqual(nowhere);
    expect(await how("/openapi.json")).toBe("HIT");
  });

  it("is no route for another method, nor for a body without end", async () => {
    expect(await post(sign(inSeconds(30), BODY), BODY, PURGE_PATH, "GET")).toEqual([404, "unknown-route"]);
    const long = JSON.stringify({ tags: ["x".repeat(70_000)] });
    expect(await post(sign(inSeconds(30), long), long)).toEqual([404, "unknown-route"]);
  });

  it.each([
    ["no JSON", "purge"],
    ["neither tags nor everything", "{}"],
    ["no tags", '{"tags":[]}'],
    ["a tag with a space", '{"tags":["a b"]}'],
    ["too many tags", JSON.stringify({ tags: Array.from({ length: 101 }, (_, i) => `t${i}`) })],
  ])("is refused when it is signed but orders %s", async (_, body) => {
    expect(await post(sign(inSeconds(30), body), body)).toEqual([400, "invalid-request"]);
  });
});
