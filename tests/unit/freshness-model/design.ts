/**
 * The choices of the freshness protocol that the model can make differently: the design's own, and
 * for each a tempting alternative that is wrong.
 */
export type Design = {
  /** Rows not marked delivered; or all above the highest delivered number (not commit order). */
  readonly delivery: "undelivered" | "above-position";
  /** A number from a sequence that nothing rewinds; or Redis's own counter, which dies with its data. */
  readonly versions: "sequence" | "incr";
  /** The number is drawn after the rows were seen committed; or before. */
  readonly draw: "after-read" | "before-read";
  /** A write changes the key; or empties the caches. */
  readonly invalidation: "version" | "purge";
  /** A read that carries a token asks by itself; or joins whoever asks already. */
  readonly tokenReads: "alone" | "join";
  /** The watermark is the snapshot's xmin; or the highest transaction that was delivered. */
  readonly watermark: "xmin" | "highest-delivered";
  /**
   * Versions that are missing are born anew, under a number of their own that is part of the key; or
   * they count from nothing, and a message that a retry delivers late brings old keys back.
   */
  readonly births: "in-key" | "none";
  /**
   * All versions are born anew when another start of Postgres publishes; or only when Redis knows of a
   * transaction that Postgres has not reached, which it may have by then; or never.
   */
  readonly eras: "by-start" | "by-ids" | "none";
  /**
   * A token names the history that its number is of, and of another one counts as seen only if it is
   * older than the edge's; or it is a mere number.
   */
  readonly tokens: "of-history" | "numbers";
  /**
   * Until an edge sees a write that went through it, the key has a mark: the name of the last such write;
   * or of the one with the highest number, which need not be the last to commit; or none.
   */
  readonly marks: "last" | "highest" | "none";
};

export const THE_DESIGN: Design = {
  delivery: "undelivered",
  versions: "sequence",
  draw: "after-read",
  invalidation: "version",
  tokenReads: "alone",
  watermark: "xmin",
  births: "in-key",
  eras: "by-start",
  tokens: "of-history",
  marks: "last",
};
