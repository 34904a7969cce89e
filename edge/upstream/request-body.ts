import { headers as names } from "#shared/headers.ts";
import { Problem } from "#shared/problems.ts";
import { clientBody, type Passage } from "../client-body.ts";
import type { OriginRequest } from "../origin.ts";
import { TimeLimit } from "./time-limit.ts";

/** A request's body on its way to the origins. */
export type RequestBody = {
  readonly content: ReadableStream | ArrayBuffer | null;
  /** Whether the request does no harm when it is sent twice, and can be. */
  readonly isRepeatable: boolean;
  /** Aborts when the client breaks off, and the request with it; null where that cannot be any more. */
  readonly broken: AbortSignal | null;
  /** Whether the client has sent all of it: until then, nothing that goes wrong is an origin's doing. */
  readonly isSent: () => boolean;
  /** To be asked once an origin could not be: whether it is the client that broke off. */
  readonly isBroken: () => Promise<boolean>;
};

/** The largest body that is held for a repetition, in bytes. */
const MAX_HELD_BYTES = 64 * 1024;

/**
 * What may be repeated is a safe method, or a request with an `Idempotency-Key` whose body is small enough
 * to be held. An origin that refused the connection cannot be told from one that broke it off in the
 * middle, on Workers: so no other write is sent twice, though the first may have reached nobody.
 * @param leftMs what is left of the request's budget
 * @throws Problem `malformed-body` when the client broke off, `deadline-exceeded` when it was too slow
 */
export async function requestBody(
  { method, headers, body }: OriginRequest,
  leftMs: number,
  passage: Passage,
): Promise<RequestBody> {
  const isRepeatable = method === "GET" || headers[names.idempotencyKey] !== undefined;
  const stated = headers["content-length"];
  if (isRepeatable && isHeld(body, stated)) {
    const content = body === null ? null : await held(body, leftMs);
    return { content, isRepeatable, broken: null, isSent: () => true, isBroken: async () => false };
  }
  const { stream, broken, isSent, isBroken } = clientBody(body, stated, passage);
  return { content: stream, isRepeatable: false, broken, isSent, isBroken };
}

function isHeld(body: ReadableStream | null, stated: string | undefined): boolean {
  return body === null || (stated !== undefined && Number(stated) <= MAX_HELD_BYTES);
}

async function held(body: ReadableStream, leftMs: number): Promise<ArrayBuffer> {
  const limit = new TimeLimit(leftMs);
  const { promise: late, reject } = Promise.withResolvers<never>();
  limit.signal.addEventListener("abort", () => reject(new Problem("deadline-exceeded")));
  const read = new Response(body).arrayBuffer().catch(() => {
    throw new Problem("malformed-body", { detail: "the body broke off" });
  });
  return Promise.race([read, late]).finally(() => limit.end());
}
