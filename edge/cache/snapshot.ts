import { MAX_BEAT_AGE_MS } from "#shared/freshness.ts";
import { andThen } from "../and-then.ts";
import { setBounded } from "../bounded-map.ts";
import { SingleFlight } from "../single-flight.ts";
import type { Versions } from "./key.ts";
import { NotedWrites } from "./noted-writes.ts";
import { contains, type Horizon, type Place } from "./place.ts";

/** A tenant's versions as Redis had them at one moment. */
export type Snapshot = Horizon & {
  readonly versions: Versions;
  /** The place that the tenant's log of revocations has come to, and whether Redis has all of them. */
  readonly revocations: { readonly name: string; readonly length: number; readonly isComplete: boolean };
  /** How old the relay's last sign of life was when it was read; null when there was none. */
  readonly beatAgeMs: number | null;
  /** When its read began, in milliseconds since the epoch: nothing in it is older. */
  readonly readAt: number;
  /** Until when those who share reads are given this one again; absent where nobody shares. */
  readonly sharedUntil?: number;
};

/** @param isFresh whether Redis itself must be asked, rather than given what another isolate has just read */
export type ReadSnapshot = (tenantId: string, isFresh: boolean) => Promise<Snapshot>;
type WaitUntil = (work: Promise<unknown>) => void;

/** What the cache may rely on for one request. */
export type Sight =
  /** `marks` names the writes of this isolate that the versions do not contain yet; mostly empty. */
  | { readonly kind: "sees"; readonly versions: Versions; readonly marks: string }
  /** A write that the caller's token names is not in the versions yet: ask the origin. */
  | { readonly kind: "behind" }
  /**
   * Redis cannot be asked (no versions), or nobody tells it of writes: the versions are what it was told
   * last, and new ones when it has lost them.
   */
  | { readonly kind: "blind"; readonly versions: Versions | null; readonly marks: string };

/** Ages of a snapshot in milliseconds, counted from the start of its read. */
const REFRESH_AFTER_MS = 500;
const BLOCK_AFTER_MS = 1_000;
/** The same for what has to be known within five seconds (revocations), not two. */
const RECENT_REFRESH_AFTER_MS = 2_000;
const RECENT_BLOCK_AFTER_MS = 3_000;
const RETRY_AFTER_MS = 1_000;
const FOLLOWER_PATIENCE_MS = 500;
const MAX_TENANTS = 10_000;
/** For how long a read says something of the moment. */
const TELLING_MS = 10_000;

/** The snapshots of the tenants that this isolate serves. */
export class Snapshots {
  readonly #read: ReadSnapshot;
  readonly #now: () => number;
  readonly #flight = new SingleFlight<Snapshot>(FOLLOWER_PATIENCE_MS);
  readonly #held = new Map<string, Snapshot>();
  readonly #writes = new NotedWrites();
  #blindUntil = 0;
  /** The last one that was read, whoever's it is. */
  #latest: Snapshot | null = null;

  constructor(read: ReadSnapshot, now: () => number) {
    this.#read = read;
    this.#now = now;
  }

  /**
   * Whether this isolate can learn of writes: Redis answers, and a relay tells it of them. Null: nobody
   * has asked for so long that it is not known.
   */
  isSighted(): boolean | null {
    const now = this.#now();
    if (now < this.#blindUntil) return false;
    if (this.#latest === null || now - this.#latest.readAt > TELLING_MS) return null;
    return hasBeat(this.#latest, 0);
  }

  /**
   * Remembers a write that this isolate passed on, so that its tenant never reads older data here.
   * @param fields what it changed; null: not known
   */
  noteWrite(tenantId: string, place: Place, fields: ReadonlySet<string> | null): void {
    this.#writes.note(tenantId, place, fields);
  }

  /**
   * At once, whenever there is a snapshot that can be relied on.
   * @param field what will be shown
   * @param after a write that the caller must see, by its consistency token
   */
  look(
    tenantId: string,
    field: string | null,
    after: Place | null,
    waitUntil: WaitUntil,
  ): Sight | Promise<Sight> {
    return andThen(this.#current(tenantId, after, waitUntil), (snapshot) =>
      this.#see(tenantId, field, after, snapshot),
    );
  }

  #see(tenantId: string, field: string | null, after: Place | null, snapshot: Snapshot | null): Sight {
    if (!shows(snapshot, after)) return { kind: "behind" };
    const marks = this.#writes.marksOf(tenantId, field, snapshot);
    if (snapshot === null) return { kind: "blind", versions: null, marks };
    const isAlive = hasBeat(snapshot, this.#now() - snapshot.readAt);
    return { kind: isAlive ? "sees" : "blind", versions: snapshot.versions, marks };
  }

  /**
   * A snapshot for what bears more age than versions do; at once, whenever there is one. Null when there
   * is none and Redis cannot be asked.
   */
  recent(tenantId: string, waitUntil: WaitUntil): Snapshot | null | Promise<Snapshot | null> {
    const held = this.#held.get(tenantId);
    if (held === undefined) return this.#refresh(tenantId, false, waitUntil);
    const now = this.#now();
    const ageMs = now - held.readAt;
    if (ageMs > RECENT_BLOCK_AFTER_MS) return this.#refresh(tenantId, false, waitUntil);
    const isDue = ageMs > RECENT_REFRESH_AFTER_MS && now >= (held.sharedUntil ?? 0);
    if (isDue) this.#refreshLater(tenantId, waitUntil);
    return held;
  }

  #current(tenantId: string, after: Place | null, waitUntil: WaitUntil): Snapshot | Promise<Snapshot | null> {
    const now = this.#now();
    const held = this.#held.get(tenantId);
    if (held !== undefined && isUsable(held, after, now)) {
      const isDue = now - held.readAt > REFRESH_AFTER_MS && now >= (held.sharedUntil ?? 0);
      if (isDue) this.#refreshLater(tenantId, waitUntil);
      return held;
    }
    return after === null
      ? this.#sharedOrFresh(tenantId, waitUntil)
      : this.#refresh(tenantId, true, waitUntil);
  }

  /** What another isolate has just read, if that is good enough. */
  async #sharedOrFresh(tenantId: string, waitUntil: WaitUntil): Promise<Snapshot | null> {
    const shared = await this.#refresh(tenantId, false, waitUntil);
    if (shared === null || isUsable(shared, null, this.#now())) return shared;
    return this.#refresh(tenantId, true, waitUntil);
  }

  #refreshLater(tenantId: string, waitUntil: WaitUntil): void {
    if (!this.#flight.isUnderWay(flightKey(tenantId, false))) {
      waitUntil(this.#refresh(tenantId, false, waitUntil));
    }
  }

  /** Null when Redis cannot be asked; it is then left alone for a moment. */
  async #refresh(tenantId: string, isFresh: boolean, waitUntil: WaitUntil): Promise<Snapshot | null> {
    if (this.#now() < this.#blindUntil) return null;
    const read = () => this.#read(tenantId, isFresh);
    try {
      const snapshot = await this.#flight.run(flightKey(tenantId, isFresh), read, waitUntil);
      this.#latest = snapshot;
      // A slow read may end after a later one.
      if (snapshot.readAt >= (this.#held.get(tenantId)?.readAt ?? 0)) {
        setBounded(this.#held, MAX_TENANTS, tenantId, snapshot);
        this.#writes.forget(tenantId, snapshot);
      }
      return snapshot;
    } catch {
      this.#blindUntil = this.#now() + RETRY_AFTER_MS;
      return null;
    }
  }
}

/** Whether the write, if there is one, is in the versions; without a snapshot none is. */
function shows(snapshot: Snapshot | null, after: Place | null): boolean {
  return after === null || (snapshot !== null && contains(snapshot, after));
}

function flightKey(tenantId: string, isFresh: boolean): string {
  return `${tenantId} ${isFresh}`;
}

/** Whether a snapshot may be relied on without asking Redis first. */
function isUsable(snapshot: Snapshot, after: Place | null, now: number): boolean {
  const ageMs = now - snapshot.readAt;
  if (ageMs > BLOCK_AFTER_MS || !shows(snapshot, after)) return false;
  // A relay that was silent already when it was read does not call for another read so soon.
  return hasBeat(snapshot, ageMs) || !hasBeat(snapshot, 0);
}

/** Whether a relay has shown a sign of life lately, as far as a snapshot of this age can tell. */
function hasBeat({ beatAgeMs }: Snapshot, ageMs: number): boolean {
  return beatAgeMs !== null && beatAgeMs + ageMs <= MAX_BEAT_AGE_MS;
}
