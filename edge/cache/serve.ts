import type { PurgeOrder, PurgeOutcome } from "#shared/operator.ts";
import type { CacheWord } from "../http-cache/status.ts";
import type { TraceIds } from "../origin.ts";
import type { Answer } from "./answer.ts";
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
  /** When the request came, in milliseconds since the epoch. */
  readonly startedAt: number;
  readonly waitUntil: (work: Promise<unknown>) => void;
};

/** An answer, with `Cache-Status`, `Cf-Cache-Status` and `Age` among its headers. */
export type Served = Answer & { readonly word: CacheWord };

/** The response cache in front of the origin, whichever the platform has. What is in memory is there at once. */
export type ResponseCache = (fill: Fill) => Served | Promise<Served>;

export type Purge = (order: PurgeOrder) => Promise<PurgeOutcome>;

/** What is stored. */
export type CacheFigures = { readonly bytes: number; readonly entries: number; readonly evictions: number };

/** A response cache that an operator can empty. */
export type PurgeableCache = { readonly serve: ResponseCache; readonly purge: Purge };

/** One in this isolate, which can say what it holds. */
export type LocalCache = PurgeableCache & { readonly figures: () => CacheFigures };
