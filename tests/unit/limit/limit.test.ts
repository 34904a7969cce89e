import { describe, expect, it } from "vitest";
import { type Exchange, respond } from "#edge/exchange.ts";
import type { Decision } from "#edge/limit/decision.ts";
import { limit } from "#edge/limit/limit.ts";
import type { Limit } from "#edge/limit/limits.ts";
import { DEFAULT_QUOTAS, quotaOf } from "#edge/limit/plans.ts";
import { refuse } from "#edge/problems.ts";
import { contract } from "#shared/contract.ts";
import type { RatePolicy } from "#shared/policy.ts";

/** The stage by itself, for what the contract's own routes do not show. */
describe("the stage that charges quotas", () => {
  const decision = (admitted: boolean): Decision => ({
    admitted,
    standing: { remaining: 7, resetSeconds: 9 },
    retryAfterSeconds: 9,
    refund: () => undefined,
  });
  const quota = quotaOf("default", DEFAULT_QUOTAS.default, null);
  const away: Limit = {
    quota,
    spend: () => Promise.reject(new Error("away")),
    spendLocally: () => ({ ...decision(true), standing: null }),
  };

  async function send(chosen: Limit, rate: Partial<RatePolicy>, unlimited: readonly string[] = []) {
    const exchange: Exchange = {
      request: new Request("http://edge.test/"),
      headers: new Headers(),
      path: "/",
      search: "",
      params: {},
      unchecked: false,
      requestId: "request-1",
      correlationId: "request-1",
      traceId: "0".repeat(32),
      traceFlags: null,
      startedAt: 0,
      address: "192.0.2.1",
      waitUntil: () => undefined,
      outgoing: [],
      method: "GET",
      operationId: "getMe",
      principal: { subject: "s", clientId: "c", tenantId: "t", scopes: [] },
      plan: null,
      charged: null,
      refund: () => undefined,
      target: "/",
      outcome: "answered",
      failure: null,
    };
    const route = { ...contract.getMe, rate: { ...contract.getMe.rate, ...rate } };
    try {
      const stage = limit(route, { limits: () => chosen, unlimited: new Set(unlimited) });
      return (await stage(exchange)) ?? respond(exchange, 200, {}, "passed");
    } catch (error) {
      return refuse(exchange, error);
    }
  }

  it("refuses while Redis is away where the contract says closed, with a time to come back and no figures", async () => {
    const answer = await send(away, { whenUnavailable: "closed" });
    expect(answer.status).toBe(503);
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(answer.headers.get("ratelimit-policy")).toBe('"default";q=6000;w=60');
    expect(answer.headers.get("ratelimit")).toBeNull();
  });

  it("lets the local limiter decide where the contract says open", async () => {
    expect((await send(away, { whenUnavailable: "open" })).status).toBe(200);
    const spent = { ...away, spendLocally: () => ({ ...decision(false), standing: null }) };
    const answer = await send(spent, { whenUnavailable: "open" });
    expect(answer.status).toBe(429);
    expect(answer.headers.get("retry-after")).toBe("9");
  });

  it("charges nobody who is on the list", async () => {
    const never: Limit = { ...away, spend: () => decision(false) };
    expect((await send(never, {}, ["t/c"])).status).toBe(200);
    expect((await send(never, {}, ["t/another"])).status).toBe(429);
  });
});
