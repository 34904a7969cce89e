import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { AGAIN_WHEN_BLIND, type EdgeUnderTest, sighted, startEdgeUnderTest } from "#tests/support/edge.ts";
import type { OriginAnswer, Recorded } from "#tests/support/recording-origin.ts";

/** What the edge asks when what it has stored is no longer fresh, and what it makes of the answer. */
describe("a stored answer that is stale", AGAIN_WHEN_BLIND, () => {
  let edge: EdgeUnderTest;
  let authorization: string;
  let bytes: number;
  let serial = 0;

  beforeAll(async () => {
    edge = await startEdgeUnderTest({ variables: sighted() });
    authorization = `Bearer ${await edge.token()}`;
  });
  beforeEach(() => {
    edge.origin.requests.length = 0;
    bytes = 0;
  });
  afterAll(() => edge.stop());

  const answering = (answer: (request: Recorded) => OriginAnswer) => {
    edge.origin.answer = (request) => {
      const given = answer(request);
      bytes += given.body?.length ?? 0;
      return given;
    };
  };
  const newPath = () => `/v1/products/0190a7c0-0000-7000-8000-${String(serial++).padStart(12, "0")}`;
  const get = async (path: string) => {
    const answer = await fetch(edge.url + path, { headers: { authorization } });
    const how = answer.headers.get("cf-cache-status");
    return { how, status: answer.status, etag: answer.headers.get("etag"), body: await answer.text() };
  };
  const body = JSON.stringify({ name: "x".repeat(10_000) });
  /** Stale at once. */
  const stale = { etag: '"1"', "gatehouse-fresh-for": "0" };

  it("is asked about by its entity tag, and used again without another byte of body", async () => {
    const path = newPath();
    answering(({ headers }) =>
      headers["if-none-match"] === '"1"'
        ? { status: 304, headers: { etag: '"1"', "gatehouse-fresh-for": "60" }, body: "" }
        : { headers: stale, body },
    );
    expect((await get(path)).how).toBe("MISS");
    expect(await get(path)).toEqual({ how: "REVALIDATED", status: 200, etag: '"1"', body });
    expect(edge.origin.requests.map(({ headers }) => headers["if-none-match"])).toEqual([undefined, '"1"']);
    expect(bytes).toBe(body.length);
    // The 304's header fields are the stored answer's now (RFC 9111 §4.3.4): it is fresh again.
    expect(await get(path)).toMatchObject({ how: "HIT", body });
    expect(edge.origin.requests).toHaveLength(2);
  });

  it("is replaced when it does not hold any more", async () => {
    const path = newPath();
    answering(() => ({ headers: stale, body }));
    await get(path);
    answering(() => ({ headers: { etag: '"2"' }, body: "{}" }));
    expect(await get(path)).toMatchObject({ how: "EXPIRED", etag: '"2"', body: "{}" });
    expect(await get(path)).toMatchObject({ how: "HIT", etag: '"2"', body: "{}" });
  });

  it("is asked for whole when the 304 speaks of another one", async () => {
    const path = newPath();
    answering(() => ({ headers: stale, body }));
    await get(path);
    answering(({ headers }) =>
      headers["if-none-match"] === undefined
        ? { headers: { etag: '"3"' }, body: "{}" }
        : { status: 304, headers: { etag: '"2"' }, body: "" },
    );
    expect(await get(path)).toMatchObject({ status: 200, etag: '"3"', body: "{}" });
  });

  it("never takes the client's condition for the cache's own", async () => {
    const path = newPath();
    answering(() => ({ headers: { etag: '"1"' }, body }));
    const answer = await fetch(edge.url + path, { headers: { authorization, "if-none-match": '"1"' } });
    expect(answer.status).toBe(304);
    expect(edge.origin.requests[0]?.headers["if-none-match"]).toBeUndefined();
    expect(await get(path)).toMatchObject({ how: "HIT", status: 200, body });
  });

  it("is a bad gateway when nobody has asked whether it holds", async () => {
    answering(() => ({ status: 304, body: "" }));
    expect(await get(newPath())).toMatchObject({ status: 502 });
  });
});
