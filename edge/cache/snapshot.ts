import { MAX_BEAT_AGE_MS } from "#shared/freshness.ts";
import { setBounded } from "../bounded-map.ts";
import { SingleFlight } from "../single-flight.ts";
import type { Versions } from "./key.ts";

/** A tenant's versions as Redis had them at one moment. */
export type Snapshot = {
  readonly versions: Versions;
  /** Every transaction below this id is contained in the versions. */
  readonly watermark: number;
  /** How old the relay's last sign of life was; null when there was none. */
  readonly beatAgeMs: number | null;
};

export type ReadSnapshot = (tenantId: string) => Promise<Snapshot>;
type WaitUntil = (work: Promise<unknown>) => void;
type Held = Snapshot & { readonly readAt: number };

/** What the cache may rely on for one request. */
export type Sight =
  | { readonly kind: "sees"; readonly versions: Versions }
  /** A write that the caller must see is not in the versions yet: ask the origin. */
  | { readonly kind: "behind" }
  /** Redis cannot be asked, or nobody tells it of writes. */
  | { readonly kind: "blind" };

/** Ages of a snapshot in milliseconds, counted from the start of its read. */
const REFRESH_AFTER_MS = 500;
const BLOCK_AFTER_MS = 1_000;
const RETRY_AFTER_MS = 1_000;
const FOLLOWER_PATIENCE_MS = 500;
const MAX_TENANTS = 10_000;

/** The snapshots of the tenants that this isolate serves. */
export class Snapshots {
  readonly #read: ReadSnapshot;
  readonly #now: () => number;
  readonly #flight = new SingleFlight<Held>(FOLLOWER_PATIENCE_MS);
  readonly #held = new Map<string, Held>();
  readonly #writes = new Map<string, number>();
  #blindUntil = 0;

  constructor(read: ReadSnapshot, now: () => number) {
    this.#read = read;
    this.#now = now;
  }

  /** Remembers a write that this isolate passed on, so that its tenant never reads older data here. */
  noteWrite(tenantId: string, transactionId: number): void {
    const latest = Math.max(transactionId, this.#writes.get(tenantId) ?? 0);
    setBounded(this.#writes, MAX_TENANTS, tenantId, latest);
  }

  /** @param after a transaction that the caller must see, by its consistency token; 0 for none */
  async look(tenantId: string, after: number, waitUntil: WaitUntil): Promise<Sight> {
    const snapshot = await this.#current(tenantId, this.#mustSee(tenantId, after), waitUntil);
    // Again: a write may have been noted while Redis was read.
    const mustSee = this.#mustSee(tenantId, after);
    if (mustSee > 0 && (snapshot === null || mustSee >= snapshot.watermark)) return { kind: "behind" };
    if (snapshot === null) return { kind: "blind" };
    this.#writes.delete(tenantId);
    const { beatAgeMs, versions } = snapshot;
    return beatAgeMs === null || beatAgeMs > MAX_BEAT_AGE_MS ? { kind: "blind" } : { kind: "sees", versions };
  }

  #mustSee(tenantId: string, after: number): number {
    return Math.max(after, this.#writes.get(tenantId) ?? 0);
  }

  async #current(tenantId: string, mustSee: number, waitUntil: WaitUntil): Promise<Held | null> {
    const held = this.#held.get(tenantId);
    const age = held === undefined ? Number.POSITIVE_INFINITY : this.#now() - held.readAt;
    if (held === undefined || age > BLOCK_AFTER_MS || (mustSee > 0 && mustSee >= held.watermark)) {
      return this.#refresh(tenantId, waitUntil);
    }
    if (age > REFRESH_AFTER_MS) waitUntil(this.#refresh(tenantId, waitUntil));
    return held;
  }

  /** Null when Redis cannot be asked; it is then left alone for a moment. */
  async #refresh(tenantId: string, waitUntil: WaitUntil): Promise<Held | null> {
    if (this.#now() < this.#blindUntil) return null;
    const read = async (): Promise<Held> => {
      const readAt = this.#now();
      return { ...(await this.#read(tenantId)), readAt };
    };
    try {
      const held = await this.#flight.run(tenantId, read, waitUntil);
      // A slow read may end after a later one.
      if (held.readAt >= (this.#held.get(tenantId)?.readAt ?? 0)) {
        setBounded(this.#held, MAX_TENANTS, tenantId, held);
      }
      return held;
    } catch {
      this.#blindUntil = this.#now() + RETRY_AFTER_MS;
      return null;
    }
  }
}
