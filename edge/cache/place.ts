/** A write's place in the order of commits, in one history of a database. */
export type Place = {
  readonly transactionId: number;
  /** Names the history; numbers of two cannot be compared. */
  readonly history: string;
  /** When the edge passed the write on, in milliseconds since the epoch. */
  readonly at: number;
};

/** How far an edge can see, as Redis told it. */
export type Horizon = {
  readonly history: string;
  /** When the relay first told of this history, by Redis's clock in milliseconds; 0: not known. */
  readonly historyBeganAt: number;
  /** Every transaction of the history below this id is contained. */
  readonly watermark: number;
};

/** By how much the clocks of Redis and of edges may differ. */
const CLOCK_TOLERANCE_MS = 5_000;

/**
 * Whether what an edge sees contains a write. One of another history it contains if that had ended before
 * this one began: what of it was not undone has been there from the beginning. If not, the history that the
 * edge knows may be the old one, and nobody can tell.
 */
export function contains({ history, historyBeganAt, watermark }: Horizon, place: Place): boolean {
  if (place.history === history) return place.transactionId < watermark;
  return place.at + CLOCK_TOLERANCE_MS < historyBeganAt;
}

/**
 * A place that is in sight no sooner than both writes of a tenant are: within their history the number
 * decides, for any other the time, and the higher number need not be the later commit.
 */
export function bothOf(a: Place, b: Place): Place {
  const later = b.at > a.at ? b : a;
  if (a.history !== b.history) return later;
  return { ...later, transactionId: Math.max(a.transactionId, b.transactionId) };
}
