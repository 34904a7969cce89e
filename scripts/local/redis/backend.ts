import type { Reply } from "./reply.ts";

/** A name and its arguments, as bytes (`reply.ts`). */
export type Command = readonly string[];

/** Whatever runs Redis commands: the in-process engine or a real server. */
export type Backend = {
  /** A command that Redis refuses resolves to a `RedisError`; a broken connection rejects. */
  readonly execute: (command: Command) => Promise<Reply>;
  /** Runs all in one MULTI/EXEC; a transaction refused as a whole resolves to a `RedisError`. */
  readonly transaction: (commands: readonly Command[]) => Promise<Reply>;
  readonly close: () => Promise<void>;
};
