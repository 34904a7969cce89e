import type { PartOf, Progress } from "../bars/part.ts";

export type Settings = {
  /** Of each measurement. */
  readonly seconds: number;
  /** Of the race with the bare worker. */
  readonly rounds: number;
  /** Keys that are scanned to see what the cache takes. */
  readonly scannedKeys: number;
};

export type Context = {
  readonly settings: Settings;
  readonly progress: Progress;
  readonly stack: () => Promise<BenchStack>;
};

export type Part = PartOf<Context>;

/** The real parts that most of this needs, in a process of their own. */
export type BenchStack = {
  readonly edges: readonly BenchEdge[];
  /** Writes go through an edge of their own, so that those that are watched hear of them by Redis only. */
  readonly writer: BenchEdge;
  readonly opsUrl: string;
  readonly ownerUrl: string;
  /** An access token of the tenant whose products are `productId(0)` and on. */
  readonly token: string;
};

export type BenchEdge = { readonly port: number; readonly pids: readonly number[] };
