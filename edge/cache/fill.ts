import { Problem, type ProblemCode } from "#shared/problems.ts";
import type { Contract } from "#shared/route.ts";
import type { Origin, TraceIds } from "../origin.ts";
import { problemCodeOf } from "../problems.ts";
import { type Answer, isProblem, toStore } from "./answer.ts";
import type { Partition } from "./key.ts";

/** The largest answer that is collected for the cache, in bytes. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

export type Question = {
  readonly operationId: string;
  readonly partition: Partition;
  readonly target: string;
  readonly ids: TraceIds;
  /** The entity tag of what is stored: a 304 says that it still holds. */
  readonly ifNoneMatch?: string | null;
};

export type AskForAll = (question: Question) => Promise<Answer>;

/**
 * Asks the origin on behalf of everyone who will share the answer: the assertion holds only the
 * partition and the scopes that the route requires, and the budget is the route's own.
 */
export function fillFromOrigin(contract: Contract, origin: Origin): AskForAll {
  return async function askForAll({ operationId, partition, target, ids, ifNoneMatch = null }) {
    const route = contract[operationId];
    if (route === undefined) throw new Problem("internal");
    const response = await origin({
      method: "GET",
      target,
      headers: ifNoneMatch === null ? {} : { "if-none-match": ifNoneMatch },
      body: null,
      onBehalfOf: { ...partition, scopes: route.access.kind === "token" ? route.access.scopes : [] },
      ids,
      budgetMs: route.budgetMs,
    });
    // It would stand for something that nobody has.
    if (response.status === 304 && ifNoneMatch === null) throw new Problem("bad-gateway");
    return checked(response.status, toStore(response.headers), await response.arrayBuffer());
  };
}

/** Turns what must not stand in for an answer into the problem it is, so that stale may. */
function checked(status: number, headers: Record<string, string>, body: ArrayBuffer): Answer {
  if (body.byteLength > MAX_ANSWER_BYTES) throw new Problem("bad-gateway");
  if (status < 400 || isProblem(headers)) {
    if (status < 500) return { status, headers, body };
    const retryAfter = headers["retry-after"];
    throw new Problem(failureOf(status, body), {}, retryAfter ? { "retry-after": retryAfter } : {});
  }
  throw new Problem("bad-gateway");
}

/** As what a client is told of a failure of the origin; more than this is the origin's own affair. */
function failureOf(status: number, body: ArrayBuffer): ProblemCode {
  if (status === 504) return "deadline-exceeded";
  return problemCodeOf(body) === "overloaded" ? "overloaded" : "unavailable";
}
