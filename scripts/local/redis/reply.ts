/**
 * What a Redis command answers (RESP2). Strings hold bytes, one a character ("latin1"), since Redis
 * values need not be text.
 */
export type Reply = string | number | null | Status | RedisError | readonly Reply[];

/** A simple string such as `OK`: Lua scripts see the difference to a bulk string. */
export class Status {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export const OK = new Status("OK");

/** An error reply; the message starts with its code (`ERR`, `WRONGTYPE`, `NOSCRIPT`). */
export class RedisError extends Error {
  override readonly name = "RedisError";
}

export function toBytes(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

export function toText(bytes: string): string {
  return Buffer.from(bytes, "latin1").toString("utf8");
}
