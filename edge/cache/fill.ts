import { Problem, type ProblemCode } from "#shared/problems.ts";
import type { Contract, Route } from "#shared/route.ts";
import { collect, discard } from "../http-cache/exchange.ts";
import type { Origin, TraceIds } from "../origin.ts";
import { problemCodeOf } from "../problems.ts";
import { isDeclared } from "../upstream/declared.ts";
import { type Answer, isProblem, toStore } from "./answer.ts";
import { contentTag } from "./content-tag.ts";
import type { Partition } from "./key.ts";

/** The largest answer that is collected for the cache, in bytes. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

export type Question = {
  readonly operationId: string;
  readonly partition: Partition;
  readonly target: string;
  readonly ids: TraceIds;
  /** When the request came that asks, in milliseconds since the epoch: its budget began then. */
  readonly startedAt: number;
  /** The entity tag of what is stored: a 304 says that it still holds. */
  readonly ifNoneMatch?: string | null;
};

export type AskForAll = (question: Question) => Promise<Answer>;

/**
 * Asks the origin on behalf of everyone who will share the answer: the assertion holds only the
 * partition and the scopes that the route requires. Nobody waits for an origin that asks for time: what
 * is stored can stand in.
 * @throws Problem for whatever must not stand in for an answer, so that stale may
 */
export function fillFromOrigin(contract: Contract, origin: Origin): AskForAll {
  return async function askForAll({ operationId, partition, target, ids, startedAt, ifNoneMatch = null }) {
    const route = contract[operationId];
    if (route === undefined) throw new Problem("internal");
    const response = await origin({
      operationId,
      method: "GET",
      target,
      headers: ifNoneMatch === null ? {} : { "if-none-match": ifNoneMatch },
      body: null,
      onBehalfOf: { ...partition, scopes: route.access.kind === "token" ? route.access.scopes : [] },
      ids,
      deadline: startedAt + route.budgetMs,
      collectBytes: MAX_ANSWER_BYTES,
      isStreamed: false,
      isPatient: false,
      canWait: ifNoneMatch !== null,
    });
    const { status } = response;
    const headers = toStore(response.headers);
    if (!isUsable(route, status, headers, ifNoneMatch)) {
      discard(response.body);
      throw new Problem("bad-gateway");
    }
    const body = await collected(response);
    if (status === 200) return { status, headers: { etag: await contentTag(body), ...headers }, body };
    if (status < 500) return { status, headers, body };
    const retryAfter = headers["retry-after"];
    throw new Problem(failureOf(status, body), {}, retryAfter ? { "retry-after": retryAfter } : {});
  };
}

function isUsable(
  route: Route,
  status: number,
  headers: Readonly<Record<string, string>>,
  ifNoneMatch: string | null,
): boolean {
  // Unasked for, it would stand for something that nobody has.
  if (status === 304) return ifNoneMatch !== null;
  return status < 400 ? isDeclared(route, status, headers["content-type"]) : isProblem(headers);
}

async function collected({ body }: Response): Promise<ArrayBuffer> {
  const read = await collect(body, MAX_ANSWER_BYTES).catch((error: unknown) => {
    const isLate = error instanceof Error && error.name === "TimeoutError";
    throw new Problem(isLate ? "deadline-exceeded" : "unavailable");
  });
  if (read.isWhole) return read.body;
  discard(read.body);
  throw new Problem("bad-gateway");
}

/** As what a client is told of a failure of the origin; more than this is the origin's own affair. */
function failureOf(status: number, body: ArrayBuffer): ProblemCode {
  if (status === 504) return "deadline-exceeded";
  return problemCodeOf(body) === "overloaded" ? "overloaded" : "unavailable";
}
