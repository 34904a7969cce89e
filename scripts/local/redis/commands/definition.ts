import type { Keyspace } from "../keyspace.ts";
import type { Reply } from "../reply.ts";

export type CommandDefinition = {
  /** How many arguments, the name not counted; no maximum when left out. */
  readonly min: number;
  readonly max?: number;
  /** Arguments at and beyond `min` come in groups of this many. */
  readonly group?: number;
  readonly run: (keys: Keyspace, args: readonly string[]) => Reply;
};

export type CommandTable = Readonly<Record<string, CommandDefinition>>;

/** An argument that the arity says is there. */
export function argument(args: readonly string[], index: number): string {
  return args[index] ?? "";
}

export function pairsOf(flat: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) pairs.push([argument(flat, i), argument(flat, i + 1)]);
  return pairs;
}
