import type { Stack } from "#scripts/local/stack.ts";
import type { PartOf, Progress } from "../bars/part.ts";

export type Settings = {
  /** Of the races. */
  readonly rounds: number;
  /** Of each measurement in them. */
  readonly raceSeconds: number;
  /** Of counting commands. */
  readonly countedSeconds: number;
  /** Revocations that are timed. */
  readonly revocations: number;
};

export type Context = {
  readonly settings: Settings;
  readonly progress: Progress;
  readonly stack: () => Promise<GateStack>;
};

export type Part = PartOf<Context>;

/** The real parts, in a process of their own. */
export type GateStack = {
  readonly stack: Stack;
  readonly edges: readonly GateEdge[];
  /** Redis as the edges reach it: counts their commands by key. */
  readonly countsUrl: string;
};

export type GateEdge = { readonly url: string; readonly port: number; readonly pids: readonly number[] };
