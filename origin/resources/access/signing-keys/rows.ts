import { and, eq, inArray, lt, sql } from "drizzle-orm";
import type { Database, Own, Transaction } from "../../../db/client.ts";
import { type PublicKeyJwk, signingKeys } from "../../../db/tables/signing-keys.ts";
import type { ScheduledKey } from "./schedule.ts";

const LOCK_NAME = "gatehouse signing keys";

export type StoredKey = ScheduledKey & {
  readonly publicJwk: PublicKeyJwk;
  readonly sealedPrivateJwk: Buffer;
  /** Milliseconds since the epoch; null: it is good for what the schedule says. */
  readonly withdrawnAt: number | null;
};

/** All keys, in no particular order: there are a handful a year. */
export async function readKeys(tx: Pick<Transaction, "select"> | Database): Promise<readonly StoredKey[]> {
  const rows = await tx
    .select({
      kid: signingKeys.kid,
      publicJwk: signingKeys.publicJwk,
      sealedPrivateJwk: signingKeys.sealedPrivateJwk,
      signsFrom: signingKeys.signsFrom,
      tokenLifetimeSeconds: signingKeys.tokenLifetimeSeconds,
      withdrawnAt: signingKeys.withdrawnAt,
    })
    .from(signingKeys)
    .prepare("signing_keys")
    .execute();
  return rows.map((row) => ({
    ...row,
    signsFrom: Date.parse(row.signsFrom),
    withdrawnAt: row.withdrawnAt === null ? null : Date.parse(row.withdrawnAt),
  }));
}

export async function insertKey(
  tx: Transaction,
  { signsFrom, ...key }: Omit<StoredKey, "withdrawnAt">,
): Promise<void> {
  await tx.insert(signingKeys).values({ ...key, signsFrom: instantOf(signsFrom) });
}

type KeyChange = Partial<Pick<StoredKey, "signsFrom" | "sealedPrivateJwk" | "withdrawnAt">>;

export async function changeKey(
  tx: Transaction,
  kid: string,
  { signsFrom, withdrawnAt, sealedPrivateJwk }: KeyChange,
): Promise<void> {
  await tx
    .update(signingKeys)
    .set({
      ...(sealedPrivateJwk && { sealedPrivateJwk }),
      ...(signsFrom && { signsFrom: instantOf(signsFrom) }),
      ...(withdrawnAt && { withdrawnAt: instantOf(withdrawnAt) }),
    })
    .where(eq(signingKeys.kid, kid));
}

/** @param ms since the epoch */
function instantOf(ms: number): string {
  return new Date(ms).toISOString();
}

/** Notes that tokens signed with these keys may live so long. */
export async function prolong(tx: Transaction, kids: readonly string[], seconds: number): Promise<void> {
  await tx
    .update(signingKeys)
    .set({ tokenLifetimeSeconds: seconds })
    .where(and(inArray(signingKeys.kid, [...kids]), lt(signingKeys.tokenLifetimeSeconds, seconds)));
}

/** Runs `work` while no other origin or command changes the keys. */
export function alone<R>(own: Own, work: (tx: Transaction) => Promise<R>): Promise<R> {
  const locked = async (tx: Transaction) => {
    await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${LOCK_NAME}, 0))`);
    return work(tx);
  };
  return own((db) => db.transaction(locked));
}
