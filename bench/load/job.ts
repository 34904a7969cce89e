/** What the generator is asked to do; times in seconds. */
export type Job = {
  readonly port: number;
  /** Whole requests, sent in turn. */
  readonly requests: readonly string[];
  readonly connections: number;
  /** Not measured. */
  readonly warmUp: number;
  readonly seconds: number;
  /** Requests a second, whether answers keep up or not; null: as many as there are answers. */
  readonly rate: number | null;
};

export type Result = {
  readonly requests: number;
  /** Answers other than 200, and lost connections. */
  readonly failures: number;
  readonly requestsPerSecond: number;
  /** Milliseconds; at a constant rate from when the request was due, not from when it could be sent. */
  readonly p50: number;
  readonly p99: number;
};

/** `measuring` and `measured` frame the time for which the server's CPU is charged. */
export type FromGenerator =
  | { readonly kind: "measuring" }
  | { readonly kind: "measured"; readonly result: Result };
