import { PROBLEM_MEDIA_TYPE } from "#shared/problems.ts";
import { NDJSON_MEDIA_TYPE } from "#shared/route.ts";
import { isProblem } from "../cache/answer.ts";

/** What came of sending a request to one origin. `hadAll`: the client had sent all of its body by then. */
export type Outcome =
  /** Something to pass on. */
  | { readonly kind: "answered"; readonly response: Response }
  /** Not in the time that it was given, as it says itself: 504. */
  | { readonly kind: "slow"; readonly response: Response }
  /** Not now: 502, 503, or not the origin's. `retryAfterMs` is what the answer asks for, if it does. */
  | { readonly kind: "busy"; readonly response: Response; readonly retryAfterMs: number | null }
  /** The connection was refused, or broke before there was an answer. */
  | { readonly kind: "lost"; readonly hadAll: boolean }
  /** Nothing came in time; `waitedMs` is how long there was. */
  | { readonly kind: "late"; readonly hadAll: boolean; readonly waitedMs: number }
  /** The client's body broke off. */
  | { readonly kind: "body-broken" };

/** What an outcome says of the origin: it lives, it does not, or nothing. */
export type Sign = "alive" | "dead" | "none";

/** Whoever gets less time than this to answer is not judged by it. */
const FAIR_WAIT_MS = 1_000;

const BUSY: ReadonlySet<number> = new Set([502, 503]);
const SLOW = 504;
/** Answered to a repetition: what the first attempt began is still running. */
const IN_PROGRESS = 409;

/**
 * Reads an answer.
 * @param attempted which attempt it answers, from 1
 */
export function outcomeOf(response: Response, attempted: number): Outcome {
  const { status, headers } = response;
  if (status === SLOW) return { kind: "slow", response };
  const retryAfterMs = readRetryAfter(headers.get("retry-after"));
  const isOwnDoing = status === IN_PROGRESS && attempted > 1 && retryAfterMs !== null;
  const isLater = BUSY.has(status) || isOwnDoing || isForeign(response);
  if (!isLater) return { kind: "answered", response };
  return { kind: "busy", response, retryAfterMs };
}

/**
 * Only the origin itself answers with problems of the table: whoever does lives, whatever it is short of,
 * and may refuse one tenant alone. A 5xx of another kind is from something that stands before it. Where a
 * client's body was still to come, it may be the client that broke off, or was slow: nobody can tell.
 */
export function signOf(outcome: Outcome): Sign {
  switch (outcome.kind) {
    case "answered":
    case "slow":
    case "busy": {
      const { status, headers } = outcome.response;
      if (isForeign(outcome.response)) return "dead";
      return status < 500 || isProblem(Object.fromEntries(headers)) ? "alive" : "dead";
    }
    case "lost":
      return outcome.hadAll ? "dead" : "none";
    case "late":
      return outcome.hadAll && outcome.waitedMs >= FAIR_WAIT_MS ? "dead" : "none";
    case "body-broken":
      return "none";
  }
}

/** What origins speak; a page, whatever its status, is of something that stands before one. */
const OWN_MEDIA_TYPES: ReadonlySet<string> = new Set([
  "application/json",
  NDJSON_MEDIA_TYPE,
  PROBLEM_MEDIA_TYPE,
]);

function isForeign({ headers }: Response): boolean {
  const mediaType = headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  return mediaType !== undefined && !OWN_MEDIA_TYPES.has(mediaType);
}

/** Delay-seconds (RFC 9110 §10.2.3) in milliseconds; a date, which the origin never sends, is not understood. */
function readRetryAfter(value: string | null): number | null {
  return value !== null && /^\d{1,6}$/.test(value) ? Number(value) * 1_000 : null;
}
