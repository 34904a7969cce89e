import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sendOrder } from "#scripts/purge/send.ts";
import { protectionFault, tellingFault } from "#scripts/smoke/judge.ts";
import { contract } from "#shared/contract.ts";
import { headers as names } from "#shared/headers.ts";
import { PROBLEM_MEDIA_TYPE, problemDocument, problems } from "#shared/problems.ts";
import { type Contract, mediaTypeOf, NDJSON_MEDIA_TYPE, problemsOf, type Route } from "#shared/route.ts";
import { AGAIN_WHEN_BLIND, type EdgeUnderTest, sighted, startEdgeUnderTest } from "#tests/support/edge.ts";
import type { OriginAnswer } from "#tests/support/recording-origin.ts";

const SECRET = `development-${"1".repeat(32)}`;

/** Every route with every outcome that its contract knows, and those that no contract names. */
describe("the edge's security headers", AGAIN_WHEN_BLIND, () => {
  let edge: EdgeUnderTest;
  let flooded: EdgeUnderTest;
  let reader: string;
  let nobody: string;

  beforeAll(async () => {
    const variables = {
      ASSERTION_SECRETS: `test:${SECRET}`,
      ...sighted(),
      QUOTA_DEFAULT: "1000000",
      QUOTA_ANONYMOUS: "100000",
      QUOTA_TOKEN: "1000",
      QUOTA_LOGIN: "1000",
    };
    [edge, flooded] = await Promise.all([
      startEdgeUnderTest({ variables }),
      startEdgeUnderTest({ shieldLimit: 1 }),
    ]);
    const all = [...scopes].join(" ");
    reader = await edge.token({ scope: all });
    nobody = await edge.token({ scope: "", client_id: "nobody" });
  });
  afterAll(() => Promise.all([edge.stop(), flooded.stop()]));

  const routes = Object.entries(contract as Contract);
  const scopes = new Set(routes.flatMap(([, { access }]) => (access.kind === "token" ? access.scopes : [])));

  /** Asks, and judges what every answer must have. */
  const ask = async (
    url: string,
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body?: string,
  ) => {
    const answer = await fetch(url + path, { method, headers, body: body ?? null, redirect: "manual" });
    await answer.arrayBuffer();
    expect(protectionFault(answer), `${method} ${path}: ${answer.status}`).toBeNull();
    expect(tellingFault(answer), `${method} ${path}: ${answer.status}`).toBeNull();
    return answer;
  };

  /** One of three is too many, also when a minute ends between two of them. */
  const shed = async (method: string, to: string, headers = {}, body?: string) => {
    const statuses = [];
    for (let i = 0; i < 3; i++) statuses.push((await ask(flooded.url, method, to, headers, body)).status);
    return statuses;
  };

  const known: Readonly<Record<string, string>> = { code: "unavailable", number: "1" };
  const path = (route: Route) => route.path.replaceAll(/:(\w+)/g, (_, name) => known[name] ?? randomUUID());
  const bodyOf = ({ request: { body } }: Route) => (body.kind === "none" ? undefined : "{}");
  const fitting = ({ request: { body, headers }, idempotency }: Route) => ({
    ...(body.kind !== "none" && { "content-type": mediaTypeOf(body) }),
    ...(Object.hasOwn(headers.properties, "if-match") && { "if-match": "*" }),
    ...(idempotency.kind === "key" && { [names.idempotencyKey]: randomUUID() }),
  });
  const call = (route: Route, to: string, token: string | null = reader, headers = {}) => {
    const authorization = token === null ? {} : { authorization: `Bearer ${token}` };
    return ask(
      edge.url,
      route.method,
      to,
      { ...fitting(route), ...authorization, ...headers },
      bodyOf(route),
    );
  };

  it.each(routes)("are on whatever the origin answers to %s", async (_, route) => {
    for (const outcome of outcomesOf(route)) {
      edge.origin.answer = () => outcome;
      const { status } = await call(route, path(route));
      // What is stored may stand in, and a fill has words of its own for what fails it.
      if (route.servedBy === "origin" && route.cache.kind === "none") expect(status).toBe(outcome.status);
    }
  });

  it.each(routes)("are on what the edge refuses by itself at %s", async (_, route) => {
    const { access, method } = route;
    if (access.kind === "token") expect((await call(route, path(route), null)).status).toBe(401);
    if (access.kind === "token" && access.scopes.length > 0) {
      expect((await call(route, path(route), nobody)).status).toBe(403);
    }
    expect((await call(route, `${path(route)}?no-such-parameter=1`)).status).toBe(400);
    expect((await call(route, `/${path(route)}`)).status).toBe(400);
    expect(await shed(method, path(route), fitting(route), bodyOf(route))).toContain(429);
  });

  const cached = routes.filter(([, { cache }]) => cache.kind === "shared");
  it.each(cached)("are on the hits and the 304s of %s", async (_, route) => {
    edge.origin.answer = () => ({ headers: { etag: '"1"' } });
    // Some paths are the same for every test, and a 404 is kept for a while.
    await sendOrder(edge.url, SECRET, { purgeEverything: true }, Date.now());
    const stored = path(route);
    const words = [];
    for (let i = 0; i < 3; i++) words.push((await call(route, stored)).headers.get("cf-cache-status"));
    expect(words).toContain("HIT");
    expect((await call(route, stored, reader, { "if-none-match": "*" })).status).toBe(304);
    const authorization = `Bearer ${reader}`;
    expect((await ask(edge.url, "HEAD", stored, { authorization })).status).toBe(200);
  });

  it("are on what belongs to no route", async () => {
    expect((await ask(edge.url, "GET", "/no/such")).status).toBe(404);
    expect((await ask(edge.url, "PUT", "/health")).status).toBe(405);
    expect((await ask(edge.url, "OPTIONS", "/v1/me")).status).toBe(204);
    const preflight = { origin: "https://app.test", "access-control-request-method": "GET" };
    expect((await ask(edge.url, "OPTIONS", "/v1/me", preflight)).status).toBe(204);
  });

  it("are on what is said when the origin is away, and when it says what cannot be passed on", async () => {
    edge.origin.answer = () => ({ headers: { "content-type": "text/html" }, body: "<h1>Oops</h1>" });
    const authorization = `Bearer ${reader}`;
    expect((await ask(edge.url, "GET", "/v1/me", { authorization })).status).toBe(502);
    await flooded.origin.stop();
    expect(await shed("GET", "/openapi.json")).toContain(429);
  });

  it("are the edge's own: the origin's are not shown beside them", async () => {
    edge.origin.answer = () => ({ headers: { "x-frame-options": "SAMEORIGIN", server: "nginx" } });
    await ask(edge.url, "GET", "/v1/me", { authorization: `Bearer ${reader}` });
  });
});

/** An answer of each status that the contract knows of the route. */
function outcomesOf(route: Route): readonly OriginAnswer[] {
  const successes = Object.entries(route.responses).map(([status, { schema, line }]) => ({
    status: Number(status),
    headers: { "content-type": line === undefined ? "application/json" : NDJSON_MEDIA_TYPE },
    body: schema === null ? "" : "{}",
  }));
  const refusals = problemsOf(route).map((code) => ({
    status: problems[code].status,
    // A wait that nobody has the time for, or it would be asked for again.
    headers: { "content-type": PROBLEM_MEDIA_TYPE, "retry-after": "900" },
    body: JSON.stringify(problemDocument(code, "of-the-origin")),
  }));
  return [...new Map([...refusals, ...successes].map((answer) => [answer.status, answer])).values()];
}
