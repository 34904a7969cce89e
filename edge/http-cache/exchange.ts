import type { Field, Fields } from "./fields.ts";

type WholeBody = ArrayBuffer | null;
export type Body = WholeBody | ReadableStream<Uint8Array>;

/** What the origin is to be asked: the client's request with these changes. */
export type Sent = {
  readonly method: string;
  readonly set: readonly Field[];
  readonly drop: readonly string[];
};

/** What the origin answered. */
export type Upstream = {
  readonly status: number;
  readonly reason: string;
  readonly fields: Fields;
  readonly body: Body;
};

/**
 * Asks the origin.
 * @throws when it cannot be reached or does not answer in time; stale may then be served
 */
export type Load = (sent: Sent) => Promise<Upstream>;

export type WaitUntil = (work: Promise<unknown>) => void;

export type Collected =
  | { readonly isWhole: true; readonly body: ArrayBuffer }
  | { readonly isWhole: false; readonly body: Body };

/**
 * Reads a body that is to be stored, up to a limit; past it, what was read and what is still to come
 * are one stream again.
 * @throws when the body ends early: an incomplete response is not stored (RFC 9111 §3.3)
 */
export async function collect(body: Body, maxBytes: number): Promise<Collected> {
  if (body === null) return { isWhole: true, body: new ArrayBuffer(0) };
  if (body instanceof ArrayBuffer) {
    return body.byteLength > maxBytes ? { isWhole: false, body } : { isWhole: true, body };
  }
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { isWhole: true, body: joined(chunks, length) };
    chunks.push(value);
    length += value.byteLength;
    if (length > maxBytes) return { isWhole: false, body: resumed(chunks, reader) };
  }
}

/** Lets go of a body that nobody will read. */
export function discard(body: Body): void {
  if (body === null || body instanceof ArrayBuffer) return;
  body.cancel().catch(() => undefined);
}

function joined(chunks: readonly Uint8Array[], length: number): ArrayBuffer {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole.buffer;
}

function resumed(
  chunks: readonly Uint8Array[],
  reader: ReadableStreamDefaultReader<Uint8Array>,
): ReadableStream<Uint8Array> {
  const waiting = [...chunks];
  return new ReadableStream({
    async pull(controller) {
      const chunk = waiting.shift() ?? (await reader.read()).value;
      if (chunk === undefined) controller.close();
      else controller.enqueue(chunk);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}
