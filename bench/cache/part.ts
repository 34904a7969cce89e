import type { Bar } from "./verdict.ts";

export type Settings = {
  /** Of each measurement. */
  readonly seconds: number;
  /** Of the race with the bare worker. */
  readonly rounds: number;
  /** Keys that are scanned to see what the cache takes. */
  readonly scannedKeys: number;
};

/** A figure beside its bar. */
export type Check = {
  readonly what: string;
  readonly figure: number;
  readonly unit: string;
  readonly bar: Bar;
  /** What explains it, in a few words. */
  readonly note: string;
  /** Why the run says nothing, if so. */
  readonly void?: string;
};

export type PartResult = {
  readonly checks: readonly Check[];
  /** Whatever else was measured, for the file of results. */
  readonly details: unknown;
};

export type Context = {
  readonly settings: Settings;
  readonly progress: (text: string) => void;
  readonly stack: () => Promise<BenchStack>;
};

export type Part = {
  /** As the command line names it. */
  readonly name: string;
  readonly title: string;
  readonly run: (context: Context) => Promise<PartResult>;
};

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
