import type { Control } from "./control.ts";
import type { Fields } from "./fields.ts";

/** A stored response, as plain data so that every request of the isolate can use it. */
export type Entry = {
  readonly key: string;
  /** Path and query of the request that filled it; what purges by prefix look at. */
  readonly path: string;
  /** The lower-case request header names that `Vary` lists, sorted. */
  readonly vary: readonly string[];
  /** Their values in the request that filled it (`vary.ts`). */
  readonly variant: string;
  readonly status: number;
  readonly reason: string;
  /** As sent to clients, but for `Age` and the cache's own. */
  readonly fields: Fields;
  /** What the origin sent for caches like this one; no client sees it, but a 304 may leave it as it was. */
  readonly consumed: Fields;
  readonly body: ArrayBuffer;
  readonly tags: readonly string[];
  readonly control: Control;
  readonly etag: string | null;
  readonly lastModified: string | null;
  /** Milliseconds since the epoch at which its age was zero (RFC 9111 §4.2.3). */
  readonly bornAt: number;
  /** Milliseconds since the epoch; `invalidate()` brings it forward. */
  readonly freshUntil: number;
  /** What it takes in memory, estimated. */
  readonly bytes: number;
};

/** Seconds since the origin made or validated it (RFC 9111 §4.2.3). */
export function ageSeconds(entry: Entry, now: number): number {
  return Math.max(0, (now - entry.bornAt) / 1000);
}

/** Seconds past its freshness; negative while fresh. */
export function stalenessSeconds(entry: Entry, now: number): number {
  return (now - entry.freshUntil) / 1000;
}
