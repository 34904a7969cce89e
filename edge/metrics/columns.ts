/**
 * The columns of the Analytics Engine data set, by what they hold: the first of `BLOBS` is `blob1`, the first of
 * `DOUBLES` is `double1`. What was written stays for three months, so a column keeps its meaning: new ones are
 * added at the end. Twenty of each at most. No column says who asked: a tenant is the closest.
 */

export const BLOBS = [
  /** `request` (one of a client) or `attempt` (one to ask an origin). */
  "kind",
  /** The operation id; empty when there is no such route. */
  "operation",
  /** Of a request as in its log line, such as `hit` or a problem's code; of an attempt, what came of it. */
  "outcome",
  /** The tenant's id; empty when none is known, and for attempts. */
  "tenant",
  /** The quota that a request was held to; empty when to none. */
  "quota",
  /** The origin's place in `ORIGIN_URLS`, from 0; empty for requests. */
  "origin",
  /** Cloudflare's location, such as `FRA`; empty for attempts. */
  "location",
  /** The Worker's version. */
  "version",
] as const;

export const DOUBLES = [
  /** Of the answer; 0 for attempts. */
  "status",
  "duration_ms",
] as const;

export type Texts = Readonly<Record<(typeof BLOBS)[number], string>>;
export type Numbers = Readonly<Record<(typeof DOUBLES)[number], number>>;

/** What `writeDataPoint` takes. */
export type DataPoint = {
  readonly indexes: [string];
  readonly blobs: string[];
  readonly doubles: number[];
};

/** An index has at most 96 bytes; ids are ASCII. */
const MAX_INDEX = 96;

/**
 * A point is sampled together with others of its index, so that a route that is asked seldom is not lost beside
 * one that is asked often: the index is the operation.
 */
export function dataPoint(values: Texts & Numbers): DataPoint {
  return {
    indexes: [values.operation.slice(0, MAX_INDEX)],
    blobs: BLOBS.map((name) => values[name]),
    doubles: DOUBLES.map((name) => values[name]),
  };
}
