import { isSnapshotData, type ReadData, snapshotOf } from "./read-snapshot.ts";
import type { ReadSnapshot } from "./snapshot.ts";

/**
 * Reads of snapshots that a location's isolates share, by a cached entrypoint of their own: Redis is
 * asked about once a second for a tenant, not once for each isolate.
 */

/** What partitions that entrypoint's cache. */
export type TenantSnapshotProps = { readonly tenantId: string };

type SnapshotEntrypoint = (props: TenantSnapshotProps) => { fetch(request: Request): Promise<Response> };

/**
 * How long a read is shared. `Cache-Control` counts whole seconds, so the time is in the URL instead.
 * It leaves a quarter of a second to renew a snapshot in the background before anyone has to wait.
 */
const SHARED_FOR_MS = 750;
/** Longer than Redis is waited for. */
const TIMEOUT_MS = 500;
const LOOPBACK = "https://tenant-snapshot";

/**
 * @param read asks Redis
 * @param now milliseconds since the epoch
 */
export function sharedSnapshots(
  entrypoint: SnapshotEntrypoint,
  read: ReadData,
  now: () => number,
): ReadSnapshot {
  return async function readSnapshot(tenantId, isFresh) {
    if (isFresh) return snapshotOf(await read(tenantId));
    const askedAt = now();
    const turn = Math.floor(askedAt / SHARED_FOR_MS);
    const response = await entrypoint({ tenantId }).fetch(
      new Request(`${LOOPBACK}/${turn}`, { signal: AbortSignal.timeout(TIMEOUT_MS) }),
    );
    if (!response.ok) throw new Error("the snapshot could not be read");
    const data: unknown = await response.json();
    if (!isSnapshotData(data)) return snapshotOf(await read(tenantId));
    // A clock that runs ahead of this one must not make it younger than it can be.
    const readAt = Math.min(data.readAt, askedAt);
    return { ...snapshotOf(data), readAt, sharedUntil: (turn + 1) * SHARED_FOR_MS };
  };
}

/** The entrypoint's answer: what it has read, to be kept for as long as anyone asks for it. */
export async function answerSnapshot({ tenantId }: TenantSnapshotProps, read: ReadData): Promise<Response> {
  try {
    const headers = { "cache-control": "max-age=1, stale-while-revalidate=0, stale-if-error=0" };
    return Response.json(await read(tenantId), { headers });
  } catch {
    return new Response(null, { status: 503, headers: { "cache-control": "no-store" } });
  }
}
