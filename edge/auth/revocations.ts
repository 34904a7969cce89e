import { MAX_BEAT_AGE_MS } from "#shared/freshness.ts";
import { andThen } from "../and-then.ts";
import { setBounded } from "../bounded-map.ts";
import type { Snapshot, Snapshots } from "../cache/snapshot.ts";
import { SingleFlight } from "../single-flight.ts";
import type { ReadLog } from "./read-revocations.ts";
import { type LogPart, type LogPosition, RevocationList } from "./revocation-list.ts";

export type RevocationSight = {
  /** What is known: it is refused in any case. */
  readonly list: RevocationList;
  /** Whether all that is revoked is known; if not, tokens are good until they expire, and an alarm says so. */
  readonly isCurrent: boolean;
};

type WaitUntil = (work: Promise<unknown>) => void;

const FOLLOWER_PATIENCE_MS = 500;
const MAX_TENANTS = 10_000;

/**
 * The revocations of the tenants that this isolate serves. The snapshot says how long a tenant's log
 * is; only when it has grown is the rest of it read.
 */
export class Revocations {
  readonly #snapshots: Pick<Snapshots, "recent">;
  readonly #readLog: ReadLog;
  readonly #now: () => number;
  readonly #flight = new SingleFlight<LogPart>(FOLLOWER_PATIENCE_MS);
  readonly #lists = new Map<string, RevocationList>();

  constructor(snapshots: Pick<Snapshots, "recent">, readLog: ReadLog, now: () => number) {
    this.#snapshots = snapshots;
    this.#readLog = readLog;
    this.#now = now;
  }

  /** At once, whenever that is possible. */
  of(tenantId: string, waitUntil: WaitUntil): RevocationSight | Promise<RevocationSight> {
    return andThen(this.#snapshots.recent(tenantId, waitUntil), (snapshot) =>
      this.#see(tenantId, snapshot, waitUntil),
    );
  }

  #see(
    tenantId: string,
    snapshot: Snapshot | null,
    waitUntil: WaitUntil,
  ): RevocationSight | Promise<RevocationSight> {
    const list = this.#listOf(tenantId);
    if (snapshot === null) return { list, isCurrent: false };
    const isCurrent = isComplete(snapshot);
    if (list.contains(snapshot.revocations)) return { list, isCurrent };
    return this.#catchUp(tenantId, list, snapshot.revocations, waitUntil).then((done) => ({
      list,
      isCurrent: isCurrent && done,
    }));
  }

  /** Reads what the log says beyond what is known. False when Redis cannot be asked. */
  async #catchUp(
    tenantId: string,
    list: RevocationList,
    to: LogPosition,
    waitUntil: WaitUntil,
  ): Promise<boolean> {
    const read = () => this.#readLog(tenantId, list.position);
    try {
      list.append(await this.#flight.run(tenantId, read, waitUntil), to, this.#now() / 1000);
      return true;
    } catch {
      return false;
    }
  }

  #listOf(tenantId: string): RevocationList {
    const known = this.#lists.get(tenantId);
    if (known !== undefined) return known;
    const list = new RevocationList();
    setBounded(this.#lists, MAX_TENANTS, tenantId, list);
    return list;
  }
}

/** Whether Redis had all revocations, and a relay kept telling it of new ones. */
function isComplete({ revocations, beatAgeMs }: Snapshot): boolean {
  return revocations.isComplete && beatAgeMs !== null && beatAgeMs <= MAX_BEAT_AGE_MS;
}
