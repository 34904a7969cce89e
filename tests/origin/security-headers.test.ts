import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { protectionFault, tellingFault } from "#scripts/smoke/judge.ts";
import { createClient } from "#shared/client.ts";
import { contract, scopesOf } from "#shared/contract.ts";
import { headers as names } from "#shared/headers.ts";
import { type Contract, mediaTypeOf, type Route } from "#shared/route.ts";
import { talk } from "#tests/support/http-talk.ts";
import { type OwnOrigin, originClient, type SignedRequest, startOwnOrigin } from "#tests/support/origin.ts";
import { makeSamples, type Samples, sampledPath } from "#tests/support/samples.ts";
import { mintToken, newTenant, stack } from "#tests/support/stack.ts";

/** Every route of the origin, as far as its answers can be had: what it answers and all that may refuse it. */
describe("the origin's security headers", () => {
  const routes = Object.entries(contract as Contract).filter(([, { servedBy }]) => servedBy === "origin");
  const scopes = scopesOf(contract);
  let origin: OwnOrigin;
  let tenantId: string;
  let samples: Samples;

  beforeAll(async () => {
    origin = await startOwnOrigin();
    tenantId = (await newTenant()).id;
    const token = await mintToken({ tenantId, scopes });
    samples = await makeSamples(createClient({ baseUrl: stack().edgeUrl, token }), "headers");
  });
  afterAll(() => origin.stop());

  const path = (route: Route) => sampledPath(route, samples, () => randomUUID());

  /** Asks as the edge would, and judges what every answer must have. */
  const ask = async (method: string, target: string, request: SignedRequest = {}) => {
    const answer = await originClient(tenantId, origin.url)(target, { method, scopes, ...request });
    expect(protectionFault(answer), `${method} ${target}: ${answer.status}`).toBeNull();
    expect(tellingFault(answer), `${method} ${target}: ${answer.status}`).toBeNull();
    return answer;
  };
  const call = (route: Route, target: string, request: SignedRequest = {}) => {
    const { body, headers } = route.request;
    const fitting = {
      ...(body.kind !== "none" && { "content-type": mediaTypeOf(body) }),
      ...(Object.hasOwn(headers.properties, "if-match") && { "if-match": "*" }),
      ...(route.idempotency.kind === "key" && { [names.idempotencyKey]: randomUUID() }),
      ...request.headers,
    };
    const sent = body.kind === "none" ? {} : { body: "{}" };
    return ask(route.method, target, { ...sent, ...request, headers: fitting });
  };

  const reads = routes.filter(([, { method }]) => method === "GET");
  it.each(reads)("are on the answers of %s, and on 304s", async (_, route) => {
    const { status, headers } = await call(route, path(route));
    expect([200, 404]).toContain(status);
    const etag = headers.get("etag");
    if (etag === null) return;
    expect((await call(route, path(route), { headers: { "if-none-match": etag } })).status).toBe(304);
  });

  it.each(routes)("are on what is refused at %s", async (_, route) => {
    expect((await call(route, path(route), { claims: null })).status).toBe(401);
    expect((await call(route, `${path(route)}?no-such-parameter=1`)).status).toBe(400);
    expect((await call(route, `/${path(route)}`)).status).toBe(400);
    if (route.access.kind === "token" && route.access.scopes.length > 0) {
      expect((await call(route, path(route), { scopes: [] })).status).toBe(403);
    }
    // Nobody has time for an answer: whatever waits for the database ends with 504.
    const hurried = await call(
      route,
      sampledPath(route, {}, () => randomUUID()),
      { claims: { budgetMs: 1 } },
    );
    expect(hurried.status).toBeGreaterThanOrEqual(200);
  });

  it("are on what is read of another tenant, on a wrong method and on what is no route", async () => {
    expect((await ask("GET", `/v1/webhooks/${randomUUID()}`)).status).toBe(404);
    expect((await ask("PUT", "/v1/me")).status).toBe(405);
    expect((await ask("GET", "/no/such")).status).toBe(404);
  });

  it("are on what comes after too many tries at one account", async () => {
    const body = {
      tenant: "nobody",
      email: `${randomUUID()}@example.com`,
      password: "a password that is wrong",
    };
    const statuses: number[] = [];
    // Twice as many as are allowed: a minute may end between two of them.
    while (statuses.length < 12 && statuses.at(-1) !== 429) {
      statuses.push((await ask("POST", "/v1/auth/login", { body })).status);
    }
    expect(statuses.at(-1)).toBe(429);
  });

  it("are on what the router cannot read, and on what is no HTTP", async () => {
    for (const line of ["GET /v1/%ff HTTP/1.1\r\nHost: a", "no request at all"]) {
      const [reply] = await talk(origin.url, `${line}\r\nConnection: close\r\n\r\n`);
      const fields = (reply?.head ?? "")
        .split("\r\n")
        .slice(1)
        .map((field) => field.split(": ", 2));
      expect(reply?.status).toBe(400);
      expect(protectionFault({ headers: new Headers(fields as [string, string][]) }), line).toBeNull();
    }
  });

  it("are on probes and metrics", async () => {
    for (const probe of ["/live", "/startup", "/ready", "/metrics", "/nothing"]) {
      expect(protectionFault(await fetch(origin.opsUrl + probe)), probe).toBeNull();
    }
  });
});
