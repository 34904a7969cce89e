import type { Bar } from "./verdict.ts";

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

/** A part of a benchmark that can be run by itself. */
export type PartOf<Context> = {
  /** As the command line names it. */
  readonly name: string;
  readonly title: string;
  readonly run: (context: Context) => Promise<PartResult>;
};

export type Progress = (text: string) => void;
