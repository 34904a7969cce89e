/** How long after a write old answers still came. All times in milliseconds, of one clock. */

/** A write that was confirmed: its commit lies between the two times. */
export type Written = {
  readonly key: number;
  /** What it made of the item's version; each write adds one. */
  readonly version: number;
  readonly sentAt: number;
  readonly confirmedAt: number;
};

/** An answer that was read: it was made between the two times. */
export type Seen = {
  readonly key: number;
  readonly version: number;
  readonly sentAt: number;
  readonly receivedAt: number;
};

/** From the commit to the last answer older than it; 0 when there was none. */
export type Staleness = {
  /** For certain: if the commit came as late, and the answer was made as early, as can be. */
  readonly atLeast: number;
  /** If the commit came as early, and the answer was made as late, as can be. */
  readonly atMost: number;
};

/** One for each write, in the order of the writes. */
export function stalenessOf(writes: readonly Written[], answers: readonly Seen[]): Staleness[] {
  const seenByKey = Map.groupBy(answers, ({ key }) => key);
  return writes.map(({ key, version, sentAt, confirmedAt }) => {
    let atLeast = 0;
    let atMost = 0;
    for (const seen of seenByKey.get(key) ?? []) {
      if (seen.version >= version) continue;
      atLeast = Math.max(atLeast, seen.sentAt - confirmedAt);
      // An answer that was there before the write was even sent is not old.
      if (seen.receivedAt > sentAt) atMost = Math.max(atMost, seen.receivedAt - sentAt);
    }
    return { atLeast, atMost };
  });
}
