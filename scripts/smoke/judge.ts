import { PROBLEM_MEDIA_TYPE, type ProblemCode, problems, problemType } from "#shared/problems.ts";
import { securityHeaders } from "#shared/security-headers.ts";
import type { Seen } from "./probe.ts";

/** What is wrong with what was seen, as a sentence without a subject; null when nothing is. */
export type Fault = string | null;

export function firstOf(...faults: readonly Fault[]): Fault {
  return faults.find((fault) => fault !== null) ?? null;
}

export function statusFault({ status, headers, text }: Seen, expected: number): Fault {
  if (status === 429 && expected !== 429) {
    const wait = headers.get("retry-after") ?? "?";
    return `answered 429: the quota of whoever asks is used up, ask again in ${wait} s`;
  }
  return status === expected ? null : `answered ${status} instead of ${expected}: ${text.slice(0, 300)}`;
}

/** A refusal: the problem of the table, under the request's own id, not to be stored. */
export function problemFault(seen: Seen, code: ProblemCode): Fault {
  const { status, title } = problems[code];
  const { headers, json } = seen;
  return firstOf(
    statusFault(seen, status),
    headers.get("content-type") === PROBLEM_MEDIA_TYPE ? null : `is no ${PROBLEM_MEDIA_TYPE}`,
    headers.get("cache-control") === "no-store" ? null : "is a refusal that may be stored",
    json?.requestId === headers.get("x-request-id") ? null : "has another request id than its header",
    [json?.type, json?.title, json?.status, json?.code].join() ===
      [problemType(code), title, status, code].join()
      ? null
      : `is not the problem ${code}: ${seen.text.slice(0, 300)}`,
  );
}

/** Headers that tell a stranger what runs here. */
const TELLTALES = ["server", "x-powered-by", "via"];

/** What runs behind the edge stays unsaid; Cloudflare names itself in front of it. */
export function tellingFault({ headers }: Pick<Seen, "headers">): Fault {
  const telling = TELLTALES.filter((name) => !/^(?:cloudflare)?$/.test(headers.get(name) ?? ""));
  return telling.length === 0 ? null : `tells of what runs there: ${telling.join(", ")}`;
}

/** Each security header once, as it is meant. */
export function protectionFault({ headers }: Pick<Seen, "headers">): Fault {
  const wrong = Object.entries(securityHeaders).filter(([name, value]) => headers.get(name) !== value);
  return wrong.length === 0 ? null : `has no right ${wrong.map(([name]) => name).join(", ")}`;
}

/** `gatehouse; hit; ...` (RFC 9211). */
export function isHit({ headers }: Pick<Seen, "headers">): boolean {
  return /^gatehouse; hit\b/.test(headers.get("cache-status") ?? "");
}

/** Reads of the same, one after the other: the first a miss, a later one a hit. */
export function missThenHitFault(reads: readonly Seen[]): Fault {
  const [first] = reads;
  if (first === undefined) return "was not read";
  return firstOf(
    ...reads.map((read) => statusFault(read, 200)),
    isHit(first) ? "was a hit at the first read, although nobody can have read it" : null,
    reads.some(isHit)
      ? null
      : `was no hit in ${reads.length} reads: ${reads.at(-1)?.headers.get("cache-status")}`,
  );
}
