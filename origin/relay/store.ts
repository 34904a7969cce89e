import { sql } from "drizzle-orm";
import { type Backlog, MAX_COUNTED } from "../backlog-metrics.ts";
import type { Connections, Transaction } from "../db/client.ts";
import { history } from "../db/history.ts";

/** The relay's view of the outbox: the rows of all tenants (policy `relay`). */

/** What a change makes older versions of: an item, and with it the lists of its collection. */
export type OutboxRow = {
  readonly id: number;
  readonly tenantId: string;
  readonly collection: string;
  readonly itemId: string;
  /** Decimal `xid8`, as are all transaction ids here. */
  readonly xid: string;
};

export type Undelivered = {
  readonly rows: readonly OutboxRow[];
  /** Every transaction below it has ended, and what it wrote is delivered or in `rows`. */
  readonly watermark: string;
  /** The next transaction id: one that Redis knows and that is higher is of another history. */
  readonly next: string;
  /** Names the history that the ids are of (`db/history.ts`). */
  readonly database: string;
};

/** Rows that are read, published and marked in one go. */
export const BATCH = 1_000;
export const LOCK_NAME = "gatehouse relay";
/**
 * After which Postgres takes the lock from a relay whose machine is gone without a word: edges are
 * blind until then. Longer than Redis, for which the transaction waits, is given to answer.
 */
const SILENCE_MS = 4_000;
/**
 * What a turn may take, Redis being asked three times at the most, with two seconds each. One that takes longer waits
 * for a Postgres that is silent: another connection is tried.
 */
const TURN_MS = 7_000;

/**
 * Runs `deliver` in a transaction, unless another process is at it.
 * @returns null when another process is at it
 */
export async function asRelay<R>(
  { own }: Connections,
  deliver: (tx: Transaction) => Promise<R>,
): Promise<R | null> {
  const turn = async (tx: Transaction) => {
    const [row] = await tx
      .select({ free: sql<boolean>`free` })
      .from(
        sql`(select set_config('app.task', 'relay', true)) as setting,
          (select set_config('idle_in_transaction_session_timeout', ${String(SILENCE_MS)}, true)) as patience,
          pg_try_advisory_xact_lock(hashtextextended(${LOCK_NAME}, 0)) as free`,
      )
      .prepare("begin_relay")
      .execute();
    return row?.free === true ? deliver(tx) : null;
  };
  return own((db) => db.transaction(turn), TURN_MS);
}

/**
 * Reads rows and watermark in ONE statement, hence of one snapshot: a transaction below the watermark
 * has ended, so its rows are visible here. In order of xid, so that a full batch contains all rows
 * below its last xid, which is then as far as the watermark may go.
 */
export async function readUndelivered(tx: Transaction): Promise<Undelivered> {
  const found = await tx.execute<{
    watermark: string;
    next: string;
    database: string;
    id: string | null;
    tenant_id: string;
    collection: string;
    item_id: string;
    xid: string;
  }>(sql`
    select moment.watermark::text, moment.next::text, moment.database,
      waiting.id::text, waiting.tenant_id, waiting.collection, waiting.item_id, waiting.xid::text
    from (
      select pg_snapshot_xmin(pg_current_snapshot()) as watermark, pg_snapshot_xmax(pg_current_snapshot()) as next,
        ${history} as database
    ) as moment
    left join lateral (
      select id, tenant_id, collection, item_id, xid from outbox
      where delivered_at is null order by xid, id limit ${BATCH}
    ) as waiting on true`);
  const rows = found.flatMap(({ id, tenant_id, collection, item_id, xid }) =>
    id === null ? [] : [{ id: Number(id), tenantId: tenant_id, collection, itemId: item_id, xid }],
  );
  const [moment] = found;
  if (moment === undefined) throw new Error("the outbox could not be read");
  const { watermark: xmin, next, database } = moment;
  const last = rows.length === BATCH ? rows.at(-1)?.xid : undefined;
  const watermark = last !== undefined && BigInt(last) < BigInt(xmin) ? last : xmin;
  return { rows, watermark, next, database };
}

/** Draws a version. Call it after the rows were read: only then is it newer than what they replace. */
export async function drawVersion(tx: Transaction): Promise<string> {
  const [row] = await tx.execute<{ version: string }>(
    sql`select nextval('gatehouse_version')::text as version`,
  );
  if (row === undefined) throw new Error("the sequence gave no version");
  return row.version;
}

export async function markDelivered(tx: Transaction, rows: readonly OutboxRow[]): Promise<void> {
  const ids = JSON.stringify(rows.map(({ id }) => id));
  await tx.execute(sql`
    update outbox set delivered_at = now()
    where id in (select value::bigint from json_array_elements_text(${ids}::json))`);
}

/** Measures what waits to be delivered, of all tenants. */
export async function measureBacklog({ own }: Connections): Promise<Backlog> {
  const measure = async (tx: Transaction) => {
    await tx.execute(sql`select set_config('app.task', 'relay', true)`);
    const [row] = await tx.execute<{ waiting: number; age: number | null }>(sql`
      select
        (select count(*)::int from (select from outbox where delivered_at is null limit ${MAX_COUNTED}) as counted) as waiting,
        (select extract(epoch from clock_timestamp() - created_at)::float8 from outbox
          where delivered_at is null order by xid, id limit 1) as age`);
    return { waiting: row?.waiting ?? 0, oldestAgeSeconds: Math.max(0, row?.age ?? 0) };
  };
  return own((db) => db.transaction(measure));
}

/** How long the audit log goes back. The database lets nobody remove what is younger than 30 days. */
const AUDIT_DAYS = 400;

/** Removes what nobody needs any more, of all tenants: delivered rows, expired keys and revocations. */
export async function sweep({ own }: Connections): Promise<void> {
  const remove = async (tx: Transaction) => {
    await tx.execute(sql`select set_config('app.task', 'relay', true)`);
    await tx.execute(sql`delete from outbox where delivered_at < now() - interval '1 hour'`);
    await tx.execute(sql`select set_config('app.task', 'sweep', true)`);
    await tx.execute(sql`delete from idempotency_keys where expires_at < now()`);
    await tx.execute(sql`delete from audit_log where at < now() - make_interval(days => ${AUDIT_DAYS})`);
    await tx.execute(sql`delete from revocations where expires_at < now()`);
  };
  await own((db) => db.transaction(remove));
}
