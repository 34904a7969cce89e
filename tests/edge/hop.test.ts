import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ProblemDocument } from "#shared/problems.ts";
import { parseTraceparent, RANDOM, SAMPLED } from "#shared/traceparent.ts";
import { type EdgeUnderTest, startEdgeUnderTest, tokenClaims } from "#tests/support/edge.ts";
import { rawRequest } from "#tests/support/raw-http.ts";

describe("what reaches the origin", () => {
  let edge: EdgeUnderTest;
  let authorization: string;

  beforeAll(async () => {
    edge = await startEdgeUnderTest();
    authorization = `Bearer ${await edge.token()}`;
  });
  beforeEach(() => {
    edge.origin.requests.length = 0;
    edge.origin.answer = () => ({});
  });
  afterAll(() => edge.stop());

  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(edge.url + path, { headers: { authorization, ...headers } });

  it("is an assertion bound to method, path and query", async () => {
    await get("/v1/me");
    const [request] = edge.origin.requests;
    expect(request?.assertion).toMatchObject({
      aud: "gatehouse-origin",
      kid: "test",
      target: "GET /v1/me",
      tenantId: tokenClaims()["tenant"],
      subject: "user-1",
      clientId: "client-1",
    });
    expect(request?.assertion?.budgetMs).toBeGreaterThan(0);
  });

  it("says of a shared answer's caller only what partitions it", async () => {
    await get("/v1/products?pageSize=7");
    expect(edge.origin.requests[0]?.assertion).toMatchObject({ scopes: ["catalog:read"] });
    expect(edge.origin.requests[0]?.assertion).not.toHaveProperty("subject");
    expect(edge.origin.requests[0]?.assertion).not.toHaveProperty("clientId");
  });

  it("has none of the headers that the contract does not declare", async () => {
    await rawRequest(edge.url, "GET /v1/me", [
      `Authorization: ${authorization}`,
      "X-Forwarded-For: 1.2.3.4",
      "X-Forwarded-Host: evil.test",
      "Forwarded: for=1.2.3.4",
      "X-HTTP-Method-Override: DELETE",
      "X-Original-URL: /v1/products",
      "Gatehouse-Assertion: forged.forged",
      "Gatehouse-Consistency: 1",
      "Cookie: session=1",
      "Accept-Language: xx",
      "X-Tenant: another",
    ]);
    const [request] = edge.origin.requests;
    const expected = ["gatehouse-assertion", "host", "traceparent", "x-correlation-id", "x-request-id"];
    const platform = ["accept-encoding", "cf-worker", "connection", "content-length", "transfer-encoding"];
    const names = Object.keys(request?.headers ?? {}).filter((name) => !platform.includes(name));
    expect(names.sort()).toEqual(expected);
    expect(request?.assertion?.target).toBe("GET /v1/me");
  });

  it("carries well-formed ids on and replaces others", async () => {
    const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
    const answer = await get("/v1/me", {
      "x-request-id": "request-0001",
      "x-correlation-id": "journey-0001",
      traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
    });
    expect(edge.origin.requests[0]?.headers).toMatchObject({
      "x-request-id": "request-0001",
      "x-correlation-id": "journey-0001",
      traceparent: expect.stringMatching(new RegExp(`^00-${traceId}-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$`)),
    });
    expect(answer.headers.get("x-request-id")).toBe("request-0001");
    expect(answer.headers.get("x-correlation-id")).toBe("journey-0001");
    const replaced = await get("/v1/me", { "x-request-id": "<script>alert(1)</script>" });
    expect(replaced.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("has a trace that begins at the edge in place of one that is malformed, and as the client decided if not", async () => {
    const malformed = [
      "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
      "ff-x",
      "00-1-2-03, 00-1-2-03",
    ];
    for (const traceparent of malformed) await get("/v1/me", { traceparent });
    const sent = edge.origin.requests.map(({ headers }) => String(headers["traceparent"]));
    expect(sent).toHaveLength(malformed.length);
    for (const traceparent of sent) {
      // Its id is random, and it is recorded: all are, unless TRACE_SAMPLE_PERMILLE says otherwise.
      expect(parseTraceparent(traceparent)).toMatchObject({ flags: RANDOM | SAMPLED });
      expect(traceparent).not.toContain("4bf92f3577b34da6a3ce929d0e0e4736");
    }
    await get("/v1/me", { traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00" });
    expect(parseTraceparent(edge.origin.requests.at(-1)?.headers["traceparent"])?.flags).toBe(0);
  });

  it("is the body and the declared headers of a write", async () => {
    edge.origin.answer = () => ({ status: 200, body: '{"id":"1"}', headers: { etag: '"2"' } });
    const id = "0190a7c0-0000-7000-8000-000000000001";
    const answer = await fetch(`${edge.url}/v1/products/${id}`, {
      method: "PATCH",
      headers: { authorization, "content-type": "application/merge-patch+json", "if-match": '"1"' },
      body: '{"name":"Lamp"}',
    });
    expect(answer.status).toBe(200);
    expect(edge.origin.requests[0]).toMatchObject({
      method: "PATCH",
      body: '{"name":"Lamp"}',
      headers: { "if-match": '"1"', "content-type": "application/merge-patch+json" },
    });
    expect([answer.headers.get("etag"), answer.headers.get("cache-control")]).toEqual(['"2"', "no-store"]);
  });

  it("is nothing when the media type or the stated size is wrong", async () => {
    const post = (headers: Record<string, string>, body: string) =>
      fetch(`${edge.url}/v1/categories`, { method: "POST", headers: { authorization, ...headers }, body });
    expect((await post({ "content-type": "text/plain" }, "{}")).status).toBe(415);
    expect((await post({ "content-type": "application/json; charset=utf-16" }, "{}")).status).toBe(415);
    expect((await post({ "content-type": "application/json" }, `"${"a".repeat(16_385)}"`)).status).toBe(413);
    const encoded = { "content-type": "application/json", "content-encoding": "gzip" };
    expect((await post(encoded, "{}")).status).toBe(415);
    expect(edge.origin.requests).toHaveLength(0);
  });
});

describe("what comes back from the origin", () => {
  let edge: EdgeUnderTest;
  let authorization: string;

  beforeAll(async () => {
    edge = await startEdgeUnderTest();
    authorization = `Bearer ${await edge.token()}`;
  });
  afterAll(() => edge.stop());

  const me = () => fetch(`${edge.url}/v1/me`, { headers: { authorization } });

  it("loses every header that clients are not meant to see", async () => {
    edge.origin.answer = () => ({
      headers: { "set-cookie": "a=b", server: "secret", "x-powered-by": "x", "gatehouse-consistency": "12" },
    });
    const { headers } = await me();
    for (const name of ["set-cookie", "server", "x-powered-by"]) {
      expect(headers.get(name), name).toBeNull();
    }
  });

  it("is a bad gateway when it is neither declared nor a problem", async () => {
    edge.origin.answer = () => ({ status: 502, headers: { "content-type": "text/html" }, body: "<h1>oops" });
    const answer = await me();
    expect([answer.status, await answer.json()]).toMatchObject([502, { code: "bad-gateway" }]);
  });

  it("is unavailable, with Retry-After, when nothing comes", async () => {
    const away = await startEdgeUnderTest();
    await away.origin.stop();
    const answer = await fetch(`${away.url}/openapi.json`);
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([
      503,
      expect.stringMatching(/^[123]$/),
    ]);
    await away.stop().catch(() => undefined);
  });

  it.each([
    ["asked for one caller", "/v1/me"],
    ["asked for everyone", "/v1/products/0190a7c0-0000-7000-8000-000000000503"],
  ])("is overloaded when the origin sheds what is %s, with the wait that it named", async (_what, path) => {
    edge.origin.answer = () => ({
      status: 503,
      headers: { "content-type": "application/problem+json", "retry-after": "7" },
      body: JSON.stringify({ status: 503, code: "overloaded", requestId: "of-the-origin" }),
    });
    const answer = await fetch(edge.url + path, {
      headers: { authorization: `Bearer ${await edge.token()}` },
    });
    const { code, requestId } = (await answer.json()) as ProblemDocument;
    expect([answer.status, code, answer.headers.get("retry-after")]).toEqual([503, "overloaded", "7"]);
    expect(requestId).toBe(answer.headers.get("x-request-id"));
  });

  it("shows a stored 404 under the id of the request that gets it", async () => {
    edge.origin.answer = () => ({
      status: 404,
      headers: { "content-type": "application/problem+json" },
      body: JSON.stringify({
        type: "/problems/not-found",
        status: 404,
        code: "not-found",
        requestId: "of-another",
      }),
    });
    const another = `Bearer ${await edge.token({ tenant: "0190a7c0-0000-7000-8000-00000000000b" })}`;
    const read = async () => {
      const answer = await fetch(`${edge.url}/v1/products/0190a7c0-0000-7000-8000-000000000404`, {
        headers: { authorization: another },
      });
      return {
        id: answer.headers.get("x-request-id"),
        body: (await answer.json()) as ProblemDocument,
        how: answer.headers.get("cf-cache-status"),
      };
    };
    const [first, second] = [await read(), await read()];
    expect([first.how, second.how]).toEqual(["MISS", "HIT"]);
    expect(first.body.requestId).toBe(first.id);
    expect(second.body.requestId).toBe(second.id);
    expect(second.id).not.toBe(first.id);
  });
});

describe("cross-origin requests", () => {
  let edge: EdgeUnderTest;
  beforeAll(async () => {
    edge = await startEdgeUnderTest({ variables: { CORS_ORIGINS: "https://app.test" } });
  });
  afterAll(() => edge.stop());

  it("may read refusals too, when their page is allowed", async () => {
    const { status, headers } = await fetch(`${edge.url}/v1/products`, {
      headers: { origin: "https://app.test" },
    });
    expect([status, headers.get("access-control-allow-origin")]).toEqual([401, "https://app.test"]);
    expect(headers.get("access-control-expose-headers")).toContain("x-request-id");
    expect(headers.get("vary")).toContain("Origin");
  });

  it("may not when it is not", async () => {
    const { headers } = await fetch(`${edge.url}/v1/products`, { headers: { origin: "https://evil.test" } });
    expect(headers.get("access-control-allow-origin")).toBeNull();
    expect(headers.get("vary")).toContain("Origin");
  });
});
