import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type FaultyOrigins, startFaultyOrigins } from "#tests/support/faulty-origins.ts";
import type { OriginAnswer } from "#tests/support/recording-origin.ts";

const UNAVAILABLE: OriginAnswer = {
  status: 503,
  headers: { "content-type": "application/problem+json" },
  body: JSON.stringify({ code: "unavailable", status: 503, title: "", requestId: "other" }),
};
const with_ = (answer: OriginAnswer, headers: Record<string, string>): OriginAnswer => ({
  ...answer,
  headers: { ...answer.headers, ...headers },
});
const BAD_GATEWAY = { status: 502, headers: { "content-type": "text/html" }, body: "<h1>Bad Gateway</h1>" };
const IN_PROGRESS = {
  ...with_(UNAVAILABLE, { "retry-after": "1" }),
  status: 409,
  body: JSON.stringify({ code: "idempotency-in-progress", status: 409 }),
};

let rig: FaultyOrigins;
let authorization: string;
beforeAll(async () => {
  rig = await startFaultyOrigins(1);
  authorization = `Bearer ${await rig.edge.token()}`;
});
beforeEach(() => rig.mend());
afterAll(() => rig.stop());

const get = (path = "/v1/me") => fetch(rig.edge.url + path, { headers: { authorization } });
const post = (headers: Record<string, string>, bytes = 20) =>
  fetch(`${rig.edge.url}/v1/products`, {
    method: "POST",
    headers: { authorization, "content-type": "application/json", ...headers },
    body: JSON.stringify("x".repeat(bytes - 2)),
  });
const KEY = { "idempotency-key": "retries-0001" };

/** What the origin answers, one after another; the last for good. */
function answers(...sequence: OriginAnswer[]): void {
  const [origin] = rig.origins;
  if (origin === undefined) throw new Error("there is no origin");
  origin.answer = () => (sequence.length > 1 ? sequence.shift() : sequence[0]) ?? {};
}
const CREATED = { status: 201 };

describe("a request that the origin refuses for now", () => {
  it.each([
    ["a read", () => get(), UNAVAILABLE, {}, 200, 2],
    ["a read that a proxy could not pass on", () => get(), BAD_GATEWAY, {}, 200, 2],
    ["a write with a key", () => post(KEY), UNAVAILABLE, CREATED, 201, 2],
    ["a write with a key and 64 KB", () => post(KEY, 65_536), UNAVAILABLE, CREATED, 201, 2],
    ["a write with a key and more", () => post(KEY, 65_537), UNAVAILABLE, CREATED, 503, 1],
    ["a write without a key", () => post({}), UNAVAILABLE, CREATED, 503, 1],
  ])("%s", async (_, send, first, then, status, attempts) => {
    answers(first, then);
    const answer = await send();
    expect([answer.status, ...rig.seen()]).toEqual([status, attempts]);
    const bodies = new Set(rig.origins[0]?.requests.map(({ body }) => body));
    expect(bodies.size).toBe(1);
  });

  it("is tried three times at the most", async () => {
    answers(UNAVAILABLE);
    expect([(await get()).status, ...rig.seen()]).toEqual([503, 3]);
  });

  it("waits for as long as the origin asks", async () => {
    answers(with_(UNAVAILABLE, { "retry-after": "1" }), {});
    const startedAt = performance.now();
    expect((await get()).status).toBe(200);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(1_000);
  });

  it("is refused at once when the origin asks for more time than there is", async () => {
    answers(with_(UNAVAILABLE, { "retry-after": "30" }));
    const answer = await get();
    expect([answer.status, answer.headers.get("retry-after"), ...rig.seen()]).toEqual([503, "30", 1]);
  });

  it("waits for what its own first attempt began, but not for another request's", async () => {
    answers(UNAVAILABLE, IN_PROGRESS, CREATED);
    expect([(await post(KEY)).status, ...rig.seen()]).toEqual([201, 3]);
    answers(IN_PROGRESS, CREATED);
    expect((await post(KEY)).status).toBe(409);
  });
});

describe("a connection that breaks before there is an answer", () => {
  /** Resets the first connection on which something comes, and no other. */
  const breakOnce = () => {
    let left = 1;
    return rig.proxies[0]?.set({ kind: "flaky", probability: 0.5, random: () => (left-- > 0 ? 0 : 1) });
  };

  it.each([
    ["a read", () => get(), 200],
    ["a write with a key", () => post(KEY), 201],
    ["a write without a key, which may have been carried out", () => post({}), 503],
  ])("%s", async (_, send, status) => {
    answers({ status: status === 201 ? 201 : 200 });
    await breakOnce();
    expect((await send()).status).toBe(status);
  });
});

it("adds no more than a tenth to the load of an origin that refuses everything, and ten", async () => {
  answers(UNAVAILABLE);
  const REQUESTS = 300;
  for (let i = 0; i < REQUESTS; i += 20) {
    await Promise.all(Array.from({ length: 20 }, () => get()));
  }
  const [seen = 0] = rig.seen();
  expect(seen).toBeGreaterThanOrEqual(REQUESTS);
  expect(seen - REQUESTS).toBeLessThanOrEqual(REQUESTS / 10 + 10);
});
