import { changedFields } from "#shared/changes.ts";
import { headers as names } from "#shared/headers.ts";
import { Problem } from "#shared/problems.ts";
import { isProblem, passedOn } from "./cache/answer.ts";
import type { ConsistencyTokens } from "./cache/consistency-token.ts";
import type { Snapshots } from "./cache/snapshot.ts";
import { type Answerer, type Exchange, type Operation, respond } from "./exchange.ts";
import { fingerprint } from "./fingerprint.ts";
import type { OnBehalfOf, Origin } from "./origin.ts";
import { relayProblem } from "./problems.ts";
import { isDeclared } from "./upstream/declared.ts";

/** What is more than this is streamed: the client gets its beginning before its end is known. */
const COLLECT_BYTES = 64 * 1024;

export type ForwardDependencies = {
  readonly origin: Origin;
  readonly snapshots: Snapshots;
  readonly tokens: ConsistencyTokens;
  readonly now: () => number;
};

/** Passes an uncacheable request to the origin as the caller's own, and streams the answer back. */
export function forward(
  { id, route }: Operation,
  { origin, snapshots, tokens, now }: ForwardDependencies,
): Answerer {
  const carried = [...Object.keys(route.request.headers.properties)];
  if (route.request.body.kind !== "none") carried.push("content-type", "content-length");
  if (route.idempotency.kind === "key") carried.push(names.idempotencyKey);
  const isStreamed = Object.values(route.responses).some(({ line }) => line !== undefined);

  /** Keeps this isolate from showing older data, and hands the client what does so elsewhere. */
  async function noteWrite({ principal, outgoing }: Exchange, headers: Headers): Promise<void> {
    const transactionId = headers.get(names.consistency);
    if (principal === null || transactionId === null) return;
    const history = fingerprint(headers.get(names.history) ?? "");
    const place = { transactionId: Number(transactionId), history, at: now() };
    snapshots.noteWrite(principal.tenantId, place, changedFields(headers.get(names.changed)));
    outgoing.push([names.consistency, await tokens.seal(place, principal.tenantId)]);
  }

  return async function forward(exchange) {
    const { request } = exchange;
    const response = await origin({
      operationId: id,
      method: route.method,
      target: exchange.target,
      headers: pick(request.headers, carried),
      body: route.request.body.kind === "none" ? null : request.body,
      onBehalfOf: onBehalfOf(exchange),
      ids: exchange,
      deadline: exchange.startedAt + route.budgetMs,
      collectBytes: COLLECT_BYTES,
      isStreamed,
      isPatient: true,
      canWait: false,
    });
    await noteWrite(exchange, response.headers);
    const kept = passedOn(response.headers);
    const headers = { ...kept, "cache-control": "no-store" };
    if (isProblem(headers)) {
      const body = await response.arrayBuffer().catch(refuseBroken);
      return relayProblem(exchange, response.status, headers, body);
    }
    if (!isDeclared(route, response.status, kept["content-type"])) {
      await response.body?.cancel();
      throw new Problem("bad-gateway");
    }
    exchange.outcome = "forwarded";
    // Nobody reads it, and a stream would wait for that.
    if (request.method === "HEAD") await response.body?.cancel();
    return respond(exchange, response.status, headers, response.body);
  };
}

/** The origin's answer broke off, which is not our failure. */
function refuseBroken(): never {
  throw new Problem("bad-gateway");
}

function onBehalfOf({ principal }: Exchange): OnBehalfOf {
  return principal ?? { scopes: [] };
}

function pick(headers: Headers, carried: readonly string[]): Record<string, string> {
  const picked: Record<string, string> = {};
  for (const name of carried) {
    const value = headers.get(name);
    if (value !== null) picked[name] = value;
  }
  return picked;
}
