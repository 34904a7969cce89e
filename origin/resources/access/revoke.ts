import { and, asc, count, eq, inArray, ne, sql } from "drizzle-orm";
import type { PgInsertValue } from "drizzle-orm/pg-core";
import {
  CLOCK_TOLERANCE_SECONDS,
  MAX_REVOCATIONS,
  MAX_TOKEN_LIFETIME_SECONDS,
  type RevocationKind,
} from "#shared/revocation.ts";
import { MAX_ISSUED_LIFETIME_SECONDS } from "../../config.ts";
import type { Transaction } from "../../db/client.ts";
import { ofTenant } from "../../db/of-tenant.ts";
import { announce } from "../../db/outbox.ts";
import { REVOCATIONS, revocations } from "../../db/tables/revocations.ts";

export type RevocationTarget = {
  readonly kind: RevocationKind;
  /** `client_id`, `sub` or `jti` as tokens have it; empty for the tenant as a whole. */
  readonly id: string;
  /** When the last of its tokens expires, in seconds since the epoch; when left out, the latest that is believed. */
  readonly expiresAt?: number;
};

export type Revoked = {
  readonly kind: RevocationKind;
  readonly id: string;
  /** Null for a single token. */
  readonly revokedBefore: string | null;
  readonly expiresAt: string;
};

const columns = {
  kind: revocations.kind,
  id: revocations.id,
  revokedBefore: revocations.revokedBefore,
  expiresAt: revocations.expiresAt,
};

/**
 * Refuses, at every edge and for good, the tokens that a client, a subject or a tenant has so far, or
 * a single one. Call it last in a transaction of that tenant (`inTransaction`, `write`): until it is
 * committed, the revocations of the same tenant wait for it.
 *
 * Tokens say when they were issued in whole seconds, by their issuer's clock, and whoever is disabled
 * in the same transaction can get one until it commits. So the instant that counts is that of the call
 * plus `CLOCK_TOLERANCE_SECONDS`, rounded up: whoever is let in again within that time has to ask for
 * another token when it is over.
 */
export async function revoke(
  tx: Transaction,
  tenantId: string,
  { kind, id, expiresAt }: RevocationTarget,
): Promise<Revoked> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`revocations of ${tenantId}`}, 0))`);
  const instant = sql`date_trunc('second', clock_timestamp())
    + make_interval(secs => ${CLOCK_TOLERANCE_SECONDS + 1})`;
  const values = {
    tenantId,
    kind,
    id,
    revokedBefore: kind === "token" ? null : instant,
    expiresAt:
      expiresAt === undefined ? latestExpiry : sql`to_timestamp(${expiresAt + CLOCK_TOLERANCE_SECONDS})`,
    xid: sql`pg_current_xact_id()`,
  };
  const [revoked] = await upsert(tx, values).returning(columns);
  if (revoked === undefined) throw new Error("the insert returned no row");
  await fold(tx, tenantId);
  await announce(tx, tenantId, [{ collection: REVOCATIONS, itemId: tenantId }]);
  return revoked;
}

/**
 * The same for a client or a user of ours, all of whose tokens we have issued.
 * @param id `client_id` or `sub`
 */
export async function revokeIssued(
  tx: Transaction,
  tenantId: string,
  kind: "client" | "subject",
  id: string,
): Promise<void> {
  const expiresAt = Math.ceil(Date.now() / 1000) + MAX_ISSUED_LIFETIME_SECONDS;
  await revoke(tx, tenantId, { kind, id, expiresAt });
}

const latestExpiry = sql`date_trunc('second', clock_timestamp())
  + make_interval(secs => ${MAX_TOKEN_LIFETIME_SECONDS + CLOCK_TOLERANCE_SECONDS + 1})`;

/** The later instant wins: a revocation is never taken back. */
function upsert(tx: Transaction, values: PgInsertValue<typeof revocations>) {
  return tx
    .insert(revocations)
    .values(values)
    .onConflictDoUpdate({
      target: [revocations.tenantId, revocations.kind, revocations.id],
      set: {
        revokedBefore: sql`greatest(${revocations.revokedBefore}, excluded.revoked_before)`,
        expiresAt: sql`greatest(${revocations.expiresAt}, excluded.expires_at)`,
        xid: sql`excluded.xid`,
      },
    });
}

/**
 * Keeps a tenant within `MAX_REVOCATIONS`: the older half becomes one revocation of the tenant as a
 * whole, of the instant of the latest among them. That refuses more than they did, never less: tokens
 * issued before it, whose holders have to get new ones.
 */
async function fold(tx: Transaction, tenantId: string): Promise<void> {
  const single = and(ofTenant(revocations), ne(revocations.kind, "tenant"));
  const [counted] = await tx.select({ kept: count() }).from(revocations).where(single);
  if (counted === undefined || counted.kept <= MAX_REVOCATIONS) return;
  const instant = sql<string>`coalesce(${revocations.revokedBefore},
    ${revocations.createdAt} + make_interval(secs => ${CLOCK_TOLERANCE_SECONDS + 1}))`;
  const older = await tx
    .select({ kind: revocations.kind, id: revocations.id, instant: instant.as("instant") })
    .from(revocations)
    .where(single)
    .orderBy(asc(sql`instant`))
    .limit(MAX_REVOCATIONS / 2);
  const latest = older.at(-1);
  if (latest === undefined) return;
  await upsert(tx, {
    tenantId,
    kind: "tenant",
    id: "",
    revokedBefore: latest.instant,
    expiresAt: latestExpiry,
    xid: sql`pg_current_xact_id()`,
  });
  for (const kind of ["client", "subject", "token"] as const) {
    const ids = older.filter((each) => each.kind === kind).map(({ id }) => id);
    if (ids.length === 0) continue;
    await tx
      .delete(revocations)
      .where(and(ofTenant(revocations), eq(revocations.kind, kind), inArray(revocations.id, ids)));
  }
}
