/**
 * The messages in one direction of a Postgres connection (protocol 3.0, "Message Formats"): a type
 * byte, then a length that counts itself, then the body. The client's first message has no type.
 * TLS is not understood.
 */

export type PostgresMessage = {
  /** `Q`, `P`, `Z` and so on; empty for the start-up message. */
  readonly type: string;
  readonly body: Buffer;
};

/**
 * A message together with where it starts and ends in the chunk that completed it. The start is
 * negative when earlier chunks hold a part of it.
 */
export type Framed = { readonly message: PostgresMessage; readonly start: number; readonly end: number };

const STARTUP_PROTOCOL_MAJOR = 3;

export class PostgresFrames {
  #rest: Buffer = Buffer.alloc(0);
  #typed: boolean;

  constructor(from: "client" | "server") {
    this.#typed = from === "server";
  }

  /** Takes the next bytes, and answers the messages that they complete. */
  push(chunk: Buffer): Framed[] {
    const carried = this.#rest.length;
    const bytes = carried === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const framed: Framed[] = [];
    let at = 0;
    for (;;) {
      const head = this.#typed ? 1 : 0;
      if (bytes.length < at + head + 4) break;
      const next = at + head + bytes.readUInt32BE(at + head);
      if (bytes.length < next) break;
      const body = bytes.subarray(at + head + 4, next);
      const message = { type: bytes.toString("latin1", at, at + head), body };
      framed.push({ message, start: at - carried, end: next - carried });
      // An SSL or cancel request has a code of its own where the start-up message has its version.
      if (!this.#typed) this.#typed = body.length >= 4 && body.readUInt16BE(0) === STARTUP_PROTOCOL_MAJOR;
      at = next;
    }
    this.#rest = bytes.subarray(at);
    return framed;
  }
}
