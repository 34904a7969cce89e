import type { TraceIds } from "../origin.ts";
import { EmbeddedCache, type Served } from "./embedded.ts";
import type { AskForAll } from "./fill.ts";
import type { Partition, Shared } from "./key.ts";

/** One question to the cache: the key's parts, and what to ask the origin on a miss. */
export type Fill = {
  readonly operationId: string;
  readonly policy: Shared;
  readonly partition: Partition;
  /** Schema hash and data version; together with partition and target, the key. */
  readonly version: string;
  /** Canonical path and query. */
  readonly target: string;
  readonly ids: TraceIds;
  readonly waitUntil: (work: Promise<unknown>) => void;
};

/** The response cache in front of the origin, whichever the platform has. */
export type ResponseCache = (fill: Fill) => Promise<Served>;

/** The embedded cache in front of the origin. */
export function embeddedCache(askForAll: AskForAll, maxBytes: number, now: () => number): ResponseCache {
  const cache = new EmbeddedCache(maxBytes, now);
  return function serve(fill) {
    const { partition, version, target, policy, waitUntil } = fill;
    const key = `${partition.tenantId ?? ""} ${partition.subject ?? ""} ${version} ${target}`;
    return cache.serve(key, policy, () => askForAll(fill), waitUntil);
  };
}
