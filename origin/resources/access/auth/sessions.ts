import { and, eq, gt, isNull, lt, sql } from "drizzle-orm";
import { v7 as uuidv7 } from "uuid";
import type { Role } from "#shared/roles.ts";
import type { Transaction } from "../../../db/client.ts";
import { sessions } from "../../../db/tables/sessions.ts";
import { users } from "../../../db/tables/users.ts";

/** A session whose next tokens are to be made. */
export type LiveSession = {
  readonly id: string;
  readonly userId: string;
  readonly role: Role;
  readonly generation: number;
  /** `jti` of the access token that goes with this generation. */
  readonly accessTokenId: string;
  readonly expiresAt: string;
};

const columns = {
  id: sessions.id,
  userId: sessions.userId,
  generation: sessions.generation,
  accessTokenId: sessions.accessTokenId,
  expiresAt: sessions.expiresAt,
};

type Beginning = { readonly tenantId: string; readonly userId: string; readonly lifetimeSeconds: number };

/** Begins a session, and forgets those of the same user that are over by their time. */
export async function beginSession(tx: Transaction, { tenantId, userId, lifetimeSeconds }: Beginning) {
  await tx
    .delete(sessions)
    .where(and(eq(sessions.userId, userId), lt(sessions.expiresAt, sql`now()`)))
    .prepare("forget_sessions")
    .execute();
  const [session] = await tx
    .insert(sessions)
    .values({
      tenantId,
      id: uuidv7(),
      userId,
      accessTokenId: uuidv7(),
      expiresAt: sql`now() + make_interval(secs => ${lifetimeSeconds})`,
    })
    .returning(columns);
  if (session === undefined) throw new Error("the insert returned no row");
  return session;
}

/**
 * Uses one generation of a session up, for the next.
 * @returns null when it is not the one that is good, or the session or the account has ended
 */
export async function advanceSession(
  tx: Transaction,
  id: string,
  generation: number,
): Promise<LiveSession | null> {
  const [session] = await tx
    .update(sessions)
    .set({ generation: generation + 1, accessTokenId: uuidv7() })
    .from(users)
    .where(
      and(
        eq(sessions.id, id),
        eq(sessions.generation, generation),
        isNull(sessions.endedAt),
        gt(sessions.expiresAt, sql`now()`),
        eq(users.id, sessions.userId),
        eq(users.disabled, false),
      ),
    )
    .returning({ ...columns, role: users.role });
  return session ?? null;
}

/** @returns what has ended with it; null when there was no such session, or it had ended before */
export async function endSession(tx: Transaction, id: string) {
  const [ended] = await tx
    .update(sessions)
    .set({ endedAt: sql`now()` })
    .where(and(eq(sessions.id, id), isNull(sessions.endedAt)))
    .returning(columns);
  return ended ?? null;
}
