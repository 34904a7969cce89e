import type { PurgeOptions } from "#edge/http-cache/purge.ts";

/** Goes with every request of a scenario; it is in no cache key. */
export const SCENARIO_HEADER = "scenario";

/** Stands for the scenario's own path in what an operator names. */
export const OWN_PATH = "<own path>";

/** What a request tells the Worker to do. */
export type Instruction = {
  readonly props?: Readonly<Record<string, string>>;
  readonly cacheKey?: string;
  readonly cacheControl?: string;
  /** What the cached entrypoint answers, if it is asked. */
  readonly answer?: {
    readonly status?: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
  };
  /** Makes the cached entrypoint fail, if it is asked. */
  readonly fail?: boolean;
  readonly operate?: { readonly by: "purge" | "invalidate"; readonly options: PurgeOptions };
};

export type Step = {
  readonly method?: "GET" | "HEAD" | "POST";
  /** After the scenario's own path; nothing by default. */
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly tell?: Instruction;
  /** Waits before the step, so that something may get stale. */
  readonly afterMs?: number;
  /** `Cf-Cache-Status`. */
  readonly word?: string;
  readonly status?: number;
  readonly body?: string;
  /** Whether the answer is the one that an earlier step (from 0) was given; -1: a new one. */
  readonly sameAs?: number;
  readonly without?: readonly string[];
  readonly has?: Readonly<Record<string, string>>;
};

export type Scenario = {
  /** A sentence about Workers Cache, as documented (docs/cache.md has the sources). */
  readonly name: string;
  /** What every step tells, unless it tells otherwise. */
  readonly tell?: Instruction;
  readonly steps: readonly Step[];
};
