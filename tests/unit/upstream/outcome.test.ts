import { describe, expect, it } from "vitest";
import { isDeclared } from "#edge/upstream/declared.ts";
import { type Outcome, outcomeOf, signOf } from "#edge/upstream/outcome.ts";
import { contract } from "#shared/contract.ts";
import type { Route } from "#shared/route.ts";

const PROBLEM = { "content-type": "application/problem+json" };
const HTML = { "content-type": "text/html" };
const answer = (status: number, headers: Record<string, string> = {}) =>
  new Response(null, { status, headers });

describe("an answer of an origin", () => {
  it.each<[string, Response, number, Outcome["kind"]]>([
    ["success", answer(200), 1, "answered"],
    ["a refusal", answer(404, PROBLEM), 1, "answered"],
    ["a failure of its own", answer(500, PROBLEM), 1, "answered"],
    ["502", answer(502, HTML), 1, "busy"],
    ["a page with 200, which is not the origin's", answer(200, HTML), 1, "busy"],
    ["lines", answer(200, { "content-type": "application/x-ndjson" }), 1, "answered"],
    ["503", answer(503, PROBLEM), 1, "busy"],
    ["504", answer(504, PROBLEM), 1, "slow"],
    ["a key in use by another request", answer(409, { ...PROBLEM, "retry-after": "1" }), 1, "answered"],
    ["a key in use by the attempt before", answer(409, { ...PROBLEM, "retry-after": "1" }), 2, "busy"],
    ["a conflict at a second attempt", answer(409, PROBLEM), 2, "answered"],
  ])("that is %s", (_, response, attempted, kind) => {
    expect(outcomeOf(response, attempted).kind).toBe(kind);
  });

  it.each([
    ["3", 3_000],
    ["0", 0],
    ["-1", null],
    ["soon", null],
    ["Sat, 21 Nov 2026 12:00:00 GMT", null],
  ])("that asks for %s", (value, ms) => {
    expect(outcomeOf(answer(503, { "retry-after": value }), 1)).toMatchObject({ retryAfterMs: ms });
  });
});

describe("what an outcome says of an origin", () => {
  it.each<[string, Outcome, ReturnType<typeof signOf>]>([
    ["success", outcomeOf(answer(200), 1), "alive"],
    ["a refusal of one tenant", outcomeOf(answer(429, PROBLEM), 1), "alive"],
    ["load that it sheds, perhaps one tenant's", outcomeOf(answer(503, PROBLEM), 1), "alive"],
    ["its own word that the time is over", outcomeOf(answer(504, PROBLEM), 1), "alive"],
    ["a page with 200 in its place", outcomeOf(answer(200, HTML), 1), "dead"],
    ["a proxy's word that it is away", outcomeOf(answer(502, HTML), 1), "dead"],
    ["a server error of something else", outcomeOf(answer(500, HTML), 1), "dead"],
    ["a lost connection", { kind: "lost", hadAll: true }, "dead"],
    ["a connection lost before the body had come", { kind: "lost", hadAll: false }, "none"],
    ["silence", { kind: "late", hadAll: true, waitedMs: 1_000 }, "dead"],
    ["silence before the body had come", { kind: "late", hadAll: false, waitedMs: 1_000 }, "none"],
    ["silence in what was left of a budget", { kind: "late", hadAll: true, waitedMs: 999 }, "none"],
    ["a client that went away", { kind: "body-broken" }, "none"],
  ])("%s", (_, outcome, sign) => {
    expect(signOf(outcome)).toBe(sign);
  });
});

describe("an answer is one of the contract's", () => {
  const exported = Object.values<Route>(contract).find((route) => route.responses[200]?.line !== undefined);

  it.each([
    [200, "application/json", true],
    [200, "application/json; charset=utf-8", true],
    [200, "text/html", false],
    [200, undefined, false],
    [201, "application/json", false],
    [302, undefined, false],
  ])("with %i and %s", (status, contentType, expected) => {
    expect(isDeclared(contract.getProduct, status, contentType)).toBe(expected);
  });

  it("with lines where lines are declared, and without a body where none is", () => {
    expect(exported && isDeclared(exported, 200, "application/x-ndjson")).toBe(true);
    expect(exported && isDeclared(exported, 200, "application/json")).toBe(false);
    expect(isDeclared(contract.deleteProduct, 204, undefined)).toBe(true);
  });
});
