import type { Passage } from "../client-body.ts";
import type { TimeLimit } from "./time-limit.ts";

/** A Response with one of these has none (Fetch Standard, "null body status"). */
const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

/**
 * Holds an answer's body to the time limit of its request. A small one is read at once: if it breaks off
 * the client has seen nothing of it yet, and is told so properly. Of any other the connection breaks.
 *
 * A stream that workerd passes on by itself is bound to no signal: it would stay open for as long as the
 * origin says nothing. So it goes through a passage that is.
 * @param collectBytes up to which length it is read at once
 * @throws what reading throws
 */
export async function boundBody(
  response: Response,
  limit: TimeLimit,
  collectBytes: number,
  passage: Passage,
): Promise<Response> {
  const { status, headers, body } = response;
  if (body === null || WITHOUT_BODY.has(status)) {
    limit.end();
    return response;
  }
  const length = lengthOf(headers);
  if (length !== null && length <= collectBytes) {
    const content = await response.arrayBuffer();
    limit.end();
    return new Response(content, { status, headers });
  }
  const { readable, writable } = passage(length);
  const end = () => limit.end();
  body.pipeTo(writable, { signal: limit.signal }).then(end, end);
  return new Response(readable, { status, headers });
}

/** What `Content-Length` says of the body as it is read: with an encoding, it says nothing of it. */
function lengthOf(headers: Headers): number | null {
  const stated = headers.get("content-length");
  if (stated === null || headers.has("content-encoding")) return null;
  return /^\d{1,15}$/.test(stated) ? Number(stated) : null;
}
