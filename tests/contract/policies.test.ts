import { describe, expect, test } from "vitest";
import { DEFAULT_QUOTAS } from "#edge/limit/plans.ts";
import { contract } from "#shared/contract.ts";
import { problems } from "#shared/problems.ts";
import { type Contract, problemsOf } from "#shared/route.ts";

/** What the types cannot say: how the policies of one route have to go together. */

const routes = Object.entries(contract as Contract);

test("no two operations have the same method and path", () => {
  const places = routes.map(([, { method, path }]) => `${method} ${path.replaceAll(/:\w+/g, ":")}`);
  expect(new Set(places).size).toBe(places.length);
});

describe.each(routes)("%s", (_, route) => {
  const { method, path, access, rate, cache, idempotency, request, responses, budgetMs } = route;
  const safe = method === "GET";

  test("charges an address when it is public, and a client when it is not", () => {
    expect(rate.by).toBe(access.kind === "public" ? "address" : "client");
  });

  test("costs a whole number of units, at least one, and no more than every plan allows", () => {
    expect(Number.isInteger(rate.cost) && rate.cost >= 1).toBe(true);
    const { limit, plans } = DEFAULT_QUOTAS[rate.quota];
    for (const allowed of [limit, ...Object.values(plans)]) expect(rate.cost).toBeLessThanOrEqual(allowed);
  });

  test("costs one unit where the window slides, since the library charges what it refuses", () => {
    if (DEFAULT_QUOTAS[rate.quota].algorithm === "sliding") expect(rate.cost).toBe(1);
  });

  test("has a budget between 0.1 s and 5 min, and at most 10 s unless it streams", () => {
    expect(budgetMs).toBeGreaterThanOrEqual(100);
    const streams =
      request.body.kind === "ndjson" || Object.values(responses).some(({ line }) => line !== undefined);
    expect(budgetMs).toBeLessThanOrEqual(streams ? 300_000 : 10_000);
  });

  test("names its path parameters as its schema does, all required", () => {
    const names = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name);
    expect(Object.keys(request.params.properties)).toEqual(names);
    expect(request.params.required ?? []).toEqual(names);
    expect(path).toMatch(/^(?:\/(?::\w+|[a-z0-9._-]+))+$/);
  });

  test("declares its headers in lower case, and none that the gateway owns", () => {
    const owned =
      /^(?:host|cookie|content-.*|accept-encoding|x-request-id|traceparent|idempotency-key|gatehouse-.*)$/;
    for (const name of Object.keys(request.headers.properties)) {
      expect(name).toBe(name.toLowerCase());
      expect(name).not.toMatch(owned);
    }
  });

  test("refuses what its query and its JSON body do not name", () => {
    expect(request.query).toHaveProperty("additionalProperties", false);
    expect(request.params).toHaveProperty("additionalProperties", false);
    if (request.body.kind === "json")
      expect(request.body.schema).toHaveProperty("additionalProperties", false);
    if (request.body.kind === "ndjson")
      expect(request.body.line).toHaveProperty("additionalProperties", false);
  });

  test("bounds its body, and has one only where the method gives it a meaning", () => {
    if (request.body.kind === "none") return expect(method).not.toBe("PATCH");
    expect(["POST", "PUT", "PATCH"]).toContain(method);
    expect(request.body.maxBytes).toBeGreaterThan(0);
    expect(request.body.maxBytes).toBeLessThanOrEqual(50 * 1024 * 1024);
  });

  test("is cached only when it is safe", () => {
    if (!safe) expect(cache).toEqual({ kind: "none" });
  });

  test("keeps an answer within its partition: what a token decides is never for everyone", () => {
    if (cache.kind !== "shared") return;
    if (access.kind === "token") expect(["tenant", "subject"]).toContain(cache.partition);
    else expect(cache.partition).toBe("everyone");
  });

  test("keeps a 404 for at most 5 s, and nothing unbounded", () => {
    if (cache.kind !== "shared") return;
    expect(cache.notFoundMaxAgeSeconds).toBeLessThanOrEqual(5);
    expect(cache.blindMaxAgeSeconds).toBeLessThanOrEqual(cache.maxAgeSeconds);
    const { maxAgeSeconds, staleWhileRevalidateSeconds, staleIfErrorSeconds } = cache;
    for (const seconds of [maxAgeSeconds, staleWhileRevalidateSeconds, staleIfErrorSeconds]) {
      expect(Number.isInteger(seconds) && seconds >= 0 && seconds <= 86_400).toBe(true);
    }
  });

  test("names the item it shows by a parameter that it has", () => {
    if (cache.kind !== "shared" || cache.shows.kind !== "item") return;
    expect(Object.keys(request.params.properties)).toContain(cache.shows.param);
  });

  test("does not cache by an undeclared credential", () => {
    if (cache.kind === "shared") expect(request.headers.properties).not.toHaveProperty("authorization");
  });

  test("repeats as its method says: only POST and PATCH need a key or a reason", () => {
    const natural = ["GET", "PUT", "DELETE"].includes(method);
    expect(idempotency.kind === "natural").toBe(natural);
    if (idempotency.kind === "exempt") expect(idempotency.reason.length).toBeGreaterThan(20);
  });

  test("declares a successful answer; a body-less one is a 204, and only that", () => {
    const statuses = Object.keys(responses).map(Number);
    expect(statuses.some((status) => status >= 200 && status < 300)).toBe(true);
    for (const [status, { schema, line, description }] of Object.entries(responses)) {
      expect(schema === null && line === undefined).toBe(status === "204");
      expect(schema !== null && line !== undefined).toBe(false);
      expect(description).not.toBe("");
    }
  });

  test("answers a creation with its place and version", () => {
    if (201 in responses)
      expect(responses[201]?.headers).toEqual(expect.arrayContaining(["etag", "location"]));
  });

  test("reads by `If-Match` only where it can answer that the precondition failed", () => {
    const conditional = "if-match" in request.headers.properties;
    expect(route.problems.includes("precondition-failed")).toBe(conditional);
  });

  test("takes `If-Match` when it changes something that is read with an ETag", () => {
    if (!["PATCH", "PUT", "DELETE"].includes(method)) return;
    const read = routes.find(([, other]) => other.method === "GET" && other.path === path)?.[1];
    const hasTag = Object.values(read?.responses ?? {}).some(({ headers }) => headers.includes("etag"));
    if (hasTag) expect(request.headers.properties).toHaveProperty("if-match");
  });

  test("has the problem that its path parameters make possible", () => {
    const hasParams = Object.keys(request.params.properties).length > 0;
    expect(route.problems.includes("not-found")).toBe(hasParams);
  });

  test("lists problems of the table, each once, and none that its policies already give", () => {
    expect(new Set(route.problems).size).toBe(route.problems.length);
    const given = problemsOf({ ...route, problems: [] });
    for (const code of route.problems) {
      expect(problems).toHaveProperty([code]);
      expect(given).not.toContain(code);
    }
  });
});
