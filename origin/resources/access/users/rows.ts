import { and, eq, isNull, ne, sql } from "drizzle-orm";
import { v7 as uuidv7 } from "uuid";
import { Problem } from "#shared/problems.ts";
import type { User, UserUpdate } from "#shared/resources/users.ts";
import type { Role } from "#shared/roles.ts";
import type { Transaction } from "../../../db/client.ts";
import { violatedConstraint } from "../../../db/errors.ts";
import { sessions } from "../../../db/tables/sessions.ts";
import { users } from "../../../db/tables/users.ts";
import { revokeIssued } from "../revoke.ts";

/** Users in a transaction of their tenant: for the handlers and for the command alike. */

export const userColumns = {
  id: users.id,
  email: users.email,
  role: users.role,
  disabled: users.disabled,
  version: users.version,
  createdAt: users.createdAt,
  updatedAt: users.updatedAt,
};

type NewUser = { readonly email: string; readonly role: Role; readonly passwordHash: string };

/** @throws Problem `conflict` when the tenant has a user of this email */
export async function insertUser(tx: Transaction, tenantId: string, user: NewUser): Promise<User> {
  const rows = await tx
    .insert(users)
    .values({ tenantId, id: uuidv7(), ...user })
    .returning(userColumns)
    .prepare("create_user")
    .execute()
    .catch((error: unknown) => {
      if (violatedConstraint(error) !== "users_email_key") throw error;
      throw new Problem("conflict", { detail: "another user has this email" });
    });
  return found(rows);
}

/**
 * The user, locked against other writes until the transaction ends.
 * @throws Problem `not-found`
 */
export async function lockUser(tx: Transaction, id: string): Promise<User> {
  const rows = await tx
    .select(userColumns)
    .from(users)
    .where(eq(users.id, id))
    .for("update")
    .prepare("lock_user")
    .execute();
  return found(rows);
}

/**
 * Changes a user. One who is disabled has no session any more; one whose role changes gets new tokens
 * for the old.
 * @param current the user, locked
 */
export async function changeUser(
  tx: Transaction,
  tenantId: string,
  current: User,
  { role, disabled }: UserUpdate,
): Promise<User> {
  const changes = { ...(role !== undefined && { role }), ...(disabled !== undefined && { disabled }) };
  const rows = await tx
    .update(users)
    .set({ ...changes, ...nextVersion })
    .where(eq(users.id, current.id))
    .returning(userColumns);
  const user = found(rows);
  const goes = user.disabled && !current.disabled;
  if (goes) await endSessions(tx, user.id);
  if (goes || user.role !== current.role) await revokeIssued(tx, tenantId, "subject", user.id);
  return user;
}

/**
 * Refuses a change that would leave a tenant with nobody who administers it: then only an operator could
 * help. Call it with the user locked. Such changes of one tenant wait for one another, or two administrators
 * could each rely on the other.
 * @throws Problem `conflict`
 */
export async function requireAnotherAdmin(
  tx: Transaction,
  tenantId: string,
  current: User,
  { role = current.role, disabled = current.disabled }: UserUpdate,
): Promise<void> {
  const isOne = current.role === "admin" && !current.disabled;
  if (!isOne || (role === "admin" && !disabled)) return;
  await tx.execute(
    sql`select pg_advisory_xact_lock(hashtextextended(${`administrators of ${tenantId}`}, 0))`,
  );
  const others = and(eq(users.role, "admin"), eq(users.disabled, false), ne(users.id, current.id));
  const [other] = await tx.select({ id: users.id }).from(users).where(others).limit(1);
  if (other === undefined) {
    throw new Problem("conflict", { detail: "nobody else administers the tenant" });
  }
}

/** Sets a password; whoever came in with the old one is out. */
export async function changePassword(
  tx: Transaction,
  tenantId: string,
  id: string,
  passwordHash: string,
): Promise<void> {
  await tx
    .update(users)
    .set({ passwordHash, ...nextVersion })
    .where(eq(users.id, id))
    .prepare("change_password")
    .execute();
  await endSessions(tx, id);
  await revokeIssued(tx, tenantId, "subject", id);
}

async function endSessions(tx: Transaction, userId: string): Promise<void> {
  await tx
    .update(sessions)
    .set({ endedAt: sql`now()` })
    .where(and(eq(sessions.userId, userId), isNull(sessions.endedAt)))
    .prepare("end_sessions_of_user")
    .execute();
}

const nextVersion = { version: sql`${users.version} + 1`, updatedAt: sql`now()` };

function found<T>([row]: readonly T[]): T {
  if (row === undefined) throw new Problem("not-found");
  return row;
}
