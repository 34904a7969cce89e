import { and, eq, sql } from "drizzle-orm";
import type { prices as routes } from "#shared/resources/prices.ts";
import type { HandlersOf } from "../../call.ts";
import { prepareList } from "../../db/list.ts";
import { prices } from "../../db/tables/prices.ts";
import type { Services } from "../../services.ts";
import { priceColumns } from "./columns.ts";

/**
 * The feed of prices in order of the transactions that changed them. Transactions do not commit in the
 * order of their ids, so only those are shown below which none is open any more: whatever commits later has
 * a later place, and who goes on from a place misses nothing. A price that changes again moves to the end.
 */

/** Before everything. */
const START = { key: "0", id: "00000000-0000-0000-0000-000000000000" };

/** Longer than `transaction_timeout`: what a transaction says of time is at most so much older than its commit. */
const OVERLAP_MS = 30_000;

const after = sql.placeholder("after");
const since = sql.placeholder("since");

/**
 * Changed since an instant. Those come last in the order of the feed, but not exactly: so the instant alone
 * would have the whole history read up to there. A price that was last touched longer before than a transaction
 * can last got its transaction's id before any of those wanted did, and is where reading begins.
 * The interval of nothing keeps the planner from reading all that were changed since, to sort them for one page;
 * and `coalesce` is within the subquery because around it row-level security would let no index serve it.
 */
const changedSince = sql`${prices.updatedAt} + interval '0' >= ${since} and ${prices.changedXid} >= (
  select coalesce((
    select earlier.changed_xid from prices as earlier
    where earlier.tenant_id = ${sql.placeholder("tenant")}
      and earlier.updated_at < ${since}::timestamptz - ${`${OVERLAP_MS} milliseconds`}::interval
    order by earlier.updated_at desc limit 1), '0'))`;

export function priceFeed({
  connections,
  cursors,
}: Pick<Services, "connections" | "cursors">): Pick<HandlersOf<typeof routes>, "listPrices"> {
  const list = prepareList(
    connections,
    {
      productId: eq(prices.productId, sql.placeholder("productId")),
      currency: eq(prices.currency, sql.placeholder("currency")),
      since: changedSince,
      after: sql`(${prices.changedXid}, ${prices.id}) >
        (split_part(${after}, '.', 1)::xid8, split_part(${after}, '.', 2)::uuid)`,
    },
    (db, where) =>
      db
        .select({ ...priceColumns, changedXid: prices.changedXid })
        .from(prices)
        .where(and(where, sql`${prices.changedXid} < pg_snapshot_xmin(pg_current_snapshot())`))
        .orderBy(prices.changedXid, prices.id)
        .limit(sql.placeholder("limit")),
  );

  return {
    async listPrices({ caller: { tenantId }, query }) {
      const { pageSize, cursor, productId, currency, updatedSince } = query;
      const scope = JSON.stringify(["listPrices", tenantId, productId, currency, updatedSince]);
      const place = cursor === undefined ? undefined : cursors.openPlace(scope, cursor);
      const rows = await list(
        { tenant: tenantId, limit: pageSize + 1 },
        {
          productId,
          currency,
          since: withOverlap(updatedSince),
          after: place && `${place.key}.${place.id}`,
        },
      );
      const page = rows.slice(0, pageSize);
      const last = page.at(-1);
      const end = last === undefined ? (place ?? START) : { key: last.changedXid, id: last.id };
      const nextCursor = cursors.seal(scope, end.id, end.key);
      return {
        status: 200,
        body: { data: page, meta: { nextCursor, pageSize, hasMore: rows.length > pageSize } },
      };
    },
  };
}

function withOverlap(since: string | undefined): string | undefined {
  return since === undefined ? undefined : new Date(Date.parse(since) - OVERLAP_MS).toISOString();
}
