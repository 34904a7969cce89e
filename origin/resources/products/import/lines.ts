/** One line of a body. `bytes` is null when it was longer than the limit: it was read, but not kept. */
export type Line = { readonly number: number; readonly bytes: Buffer | null };

export type LineLimits = {
  /** Of the whole body. */
  readonly maxBytes: number;
  readonly maxLineBytes: number;
};

/** Thrown by `linesOf` when the body goes on beyond its limit; the lines before it have been yielded. */
export class BodyTooLarge extends Error {
  constructor() {
    super("the body is too large");
    this.name = "BodyTooLarge";
  }
}

const NEWLINE = 0x0a;

/**
 * Splits a stream into lines as they arrive, holding one line at most. Lines are counted from 1, empty
 * ones too, so that a number means the same as in an editor, but empty ones are not yielded: a body of
 * nothing else would keep the process busy for long. What ends without a newline is a line.
 */
export async function* linesOf(
  chunks: AsyncIterable<Uint8Array>,
  { maxBytes, maxLineBytes }: LineLimits,
): AsyncGenerator<Line> {
  let received = 0;
  let number = 1;
  let held: Uint8Array[] = [];
  let heldBytes = 0;

  const keep = (part: Uint8Array) => {
    heldBytes += part.length;
    if (heldBytes > maxLineBytes) held = [];
    else if (part.length > 0) held.push(part);
  };
  const take = (): Line => {
    const line = { number: number++, bytes: heldBytes > maxLineBytes ? null : Buffer.concat(held) };
    held = [];
    heldBytes = 0;
    return line;
  };

  for await (const chunk of chunks) {
    received += chunk.length;
    if (received > maxBytes) throw new BodyTooLarge();
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      if (start === end && heldBytes === 0) {
        number++;
      } else {
        keep(chunk.subarray(start, end));
        yield take();
      }
      start = end + 1;
    }
    keep(chunk.subarray(start));
  }
  if (heldBytes > 0) yield take();
}
