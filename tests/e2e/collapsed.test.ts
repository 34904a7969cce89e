import { randomBytes, randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundleEdge, type RunningEdge, startEdge } from "#scripts/local/edge.ts";
import { createClient } from "#shared/client.ts";
import { contract, scopesOf } from "#shared/contract.ts";
import { headers as names } from "#shared/headers.ts";
import type { Route } from "#shared/route.ts";
import { type FaultProxy, startFaultProxy } from "#tests/support/fault-proxy.ts";
import { makeSamples, type Samples, sampledPath } from "#tests/support/samples.ts";
import { mintToken, newTenant, stack } from "#tests/support/stack.ts";

/**
 * Two subjects of each of two tenants ask one edge for the same at the same moment, before and after
 * it is in the cache: whatever they share, each gets its own data and its own headers.
 */
type Caller = {
  readonly name: string;
  readonly tenantId: string;
  readonly token: string;
  /** A limit that nobody else has. */
  readonly limit: number;
  readonly origin: string;
};

/** What one request can be recognised by, wherever it turns up. */
type Marks = { readonly requestId: string; readonly correlationId: string; readonly traceId: string };
type Answer = {
  readonly caller: Caller;
  readonly marks: Marks;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
};

/** The origin takes so long that all who ask meanwhile wait for one answer. */
const ORIGIN_DELAY_MS = 60;
/** Comes in all that each of the two tenants has. */
const MARKS = ["all-that-is-ours", "all-that-is-theirs"];
const SUBJECTS = ["one-of-ours", "two-of-ours", "one-of-theirs", "two-of-theirs"];

const routes = Object.entries<Route>(contract).filter(([, { method }]) => method === "GET");

let callers: readonly Caller[];
/** What each of the two tenants has. */
let samples: readonly Samples[];
let slowly: FaultProxy;
let edge: RunningEdge;

beforeAll(async () => {
  const bundling = bundleEdge();
  const tenants = await Promise.all([newTenant(), newTenant()]);
  callers = await Promise.all(
    SUBJECTS.map(async (name, index) => {
      const tenantId = tenants[index < 2 ? 0 : 1]?.id ?? "";
      const claims = { plan: name };
      const who = { tenantId, scopes: scopesOf(contract), subject: name, clientId: `${name}-app`, claims };
      const token = await mintToken(who);
      return { name, tenantId, token, limit: 1_000_001 + index, origin: `https://${name}.test` };
    }),
  );
  const makers = [callers[0], callers[2]].map((caller) =>
    createClient({ baseUrl: stack().edgeUrl, token: caller?.token ?? "" }),
  );
  samples = await Promise.all(makers.map((client, i) => makeSamples(client, MARKS[i] ?? "")));
  const { hostname, port } = new URL(stack().originUrl);
  slowly = await startFaultProxy({ upstream: { host: hostname, port: Number(port) } });
  await slowly.set({ kind: "delay", toServerMs: 0, toClientMs: ORIGIN_DELAY_MS });
  edge = await startEdge(await bundling, {
    variables: {
      ...stack().edgeVariables,
      ORIGIN_URLS: slowly.url,
      CORS_ORIGINS: callers.map(({ origin }) => origin).join(),
      QUOTA_PLANS: callers.map(({ name, limit }) => `${name}:${limit}`).join(),
    },
    shieldLimit: 1_000_000,
    onLog: () => undefined,
  });
});
afterAll(async () => {
  await edge.stop();
  await slowly.stop();
});

async function ask(caller: Caller, path: string, baseUrl = edge.url): Promise<Answer> {
  const traceId = randomBytes(16).toString("hex");
  const marks = {
    requestId: `request-${randomUUID()}`,
    correlationId: `correlation-${randomUUID()}`,
    traceId,
  };
  const answer = await fetch(baseUrl + path, {
    headers: {
      authorization: `Bearer ${caller.token}`,
      origin: caller.origin,
      [names.requestId]: marks.requestId,
      [names.correlationId]: marks.correlationId,
      [names.traceparent]: `00-${traceId}-${traceId.slice(16)}-01`,
    },
  });
  return { caller, marks, status: answer.status, headers: answer.headers, text: await answer.text() };
}

function expectOwn(answer: Answer, all: readonly Answer[], route: Route): void {
  const { caller, marks, headers, text } = answer;
  expect(headers.get(names.requestId)).toBe(marks.requestId);
  expect(headers.get(names.correlationId)).toBe(marks.correlationId);
  expect(headers.get("access-control-allow-origin")).toBe(caller.origin);
  // Its figures are left out when Redis takes too long.
  if (route.rate.by === "client") {
    expect(headers.get(names.rateLimitPolicy)).toContain(`"${caller.name}";q=${caller.limit}`);
    expect([null, String(caller.limit)]).toContain(headers.get(names.rateLimitLimit));
  }
  const said = `${[...headers].join("\n")}\n${text}`;
  for (const other of all) {
    if (other === answer) continue;
    for (const mark of Object.values(other.marks)) expect(said).not.toContain(mark);
    if (other.caller === caller) continue;
    for (const mark of [other.caller.origin, other.caller.token]) expect(said).not.toContain(mark);
    // Of the same tenant, an answer may say who did what (the audit log); its headers may not.
    expect([...headers].join("\n")).not.toContain(other.caller.name);
    if (other.caller.tenantId === caller.tenantId) continue;
    for (const mark of [other.caller.name, other.caller.tenantId]) expect(said).not.toContain(mark);
  }
  const isOurs = caller.tenantId === callers[0]?.tenantId;
  expect(said).not.toContain(isOurs ? MARKS[1] : MARKS[0]);
}

/** What a caller who is alone is told, by another edge with a cache of its own. Problems name their request. */
async function expectAsAlone(answers: readonly Answer[], path: string, route: Route): Promise<void> {
  for (const caller of callers) {
    const alone = await ask(caller, path, stack().edgeUrl);
    for (const { status, text } of answers.filter((answer) => answer.caller === caller)) {
      expect([path, status]).toEqual([path, alone.status]);
      // The edge's own answers tell of the edge at that moment.
      if (status === 200 && route.servedBy === "origin") expect(text).toBe(alone.text);
    }
  }
}

describe("two tenants with two subjects each, all at once", () => {
  it("ask for routes of every kind", () => {
    expect(routes.length).toBeGreaterThan(10);
  });

  it.each(routes)("each get their own at %s", { timeout: 60_000 }, async (id, route) => {
    let collapsed = 0;
    for (const whose of samples) {
      const path = sampledPath(route, whose, () => randomUUID());
      const burst = () =>
        Promise.all([...callers, ...callers, ...callers].map((caller) => ask(caller, path)));
      const cold = await burst();
      const warm = await burst();
      for (const answer of [...cold, ...warm]) expectOwn(answer, [...cold, ...warm], route);
      await expectAsAlone([...cold, ...warm], path, route);
      collapsed += cold.filter(({ headers }) => headers.get("cache-status")?.includes("collapsed")).length;
    }
    // The key set is in memory already, for tokens are checked with it, and health is not cached.
    if (route.cache.kind === "shared" && id !== "getKeySet") expect(collapsed).toBeGreaterThan(0);
  });
});
