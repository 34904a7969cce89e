import { and, eq, sql } from "drizzle-orm";
import type { Role } from "#shared/roles.ts";
import type { Connections } from "../../../db/client.ts";
import { prepareRead } from "../../../db/read.ts";
import { users } from "../../../db/tables/users.ts";
import { tenantFinder } from "../tenant-by-slug.ts";

/** What a login needs to know of an account. */
export type Account = {
  readonly tenantId: string;
  readonly id: string;
  readonly passwordHash: string;
  readonly role: Role;
  readonly disabled: boolean;
};

export type FindAccount = (tenantSlug: string, email: string) => Promise<Account | null>;

/**
 * The name that an account is found by, and that its tries are counted by: made here alone, for other
 * lower cases differ (Postgres may make `i` of `İ`), and each difference would be another five tries.
 */
export function emailInLowerCase(email: string): string {
  return email.toLowerCase();
}

/** In it nobody is found, with the same queries as in a tenant that there is. */
const NO_TENANT = "00000000-0000-0000-0000-000000000000";

export function accountFinder(connections: Connections): FindAccount {
  const tenantBySlug = tenantFinder(connections);

  const byEmail = prepareRead(connections, (db, ready) =>
    db
      .select({
        tenantId: users.tenantId,
        id: users.id,
        passwordHash: users.passwordHash,
        role: users.role,
        disabled: users.disabled,
      })
      .from(users)
      .where(and(ready, eq(sql`lower(${users.email})`, sql.placeholder("email"))))
      .limit(1),
  );

  return async function find(tenantSlug, email) {
    const tenant = (await tenantBySlug(tenantSlug)) ?? NO_TENANT;
    const [account] = await byEmail.execute({ tenant, email: emailInLowerCase(email) });
    return account ?? null;
  };
}
