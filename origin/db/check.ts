import { sql } from "drizzle-orm";
import { CannotStart } from "../cannot-start.ts";
import type { Connections, Database } from "./client.ts";
import { databaseErrorOf } from "./errors.ts";
import { readMigrations } from "./migrate.ts";
import { BRIEFLY_MS } from "./timeouts.ts";

/**
 * Refuses a role that row-level security does not bind, and a schema that is not this version's.
 * @throws CannotStart with one sentence that says what to do
 */
export function checkDatabase({ own }: Connections): Promise<void> {
  return own(async (db) => {
    await checkRole(db);
    await checkMigrations(db);
  }, BRIEFLY_MS);
}

/** Resolves when the database answers. */
export async function ping({ own }: Connections): Promise<void> {
  await own((db) => db.execute(sql`select 1`), BRIEFLY_MS);
}

async function checkRole(db: Database): Promise<void> {
  const [role] = await db.execute<{ name: string; exempt: boolean; owns: boolean }>(sql`
    select rolname as name, rolsuper or rolbypassrls as exempt,
      exists (select from pg_class where relowner = pg_roles.oid and relnamespace = 'public'::regnamespace) as owns
    from pg_roles where rolname = current_user`);
  const advice = "connect with a login whose only right is membership of gatehouse_app";
  if (role === undefined) throw new CannotStart(`The database does not know who connects; ${advice}.`);
  if (role.exempt)
    throw new CannotStart(`DATABASE_URL's role ${role.name} bypasses row-level security; ${advice}.`);
  if (role.owns) throw new CannotStart(`DATABASE_URL's role ${role.name} owns tables; ${advice}.`);
}

async function checkMigrations(db: Database): Promise<void> {
  const wanted = await readMigrations();
  const applied = await appliedMigrations(db);
  const missing = wanted.filter(({ name }) => !applied.has(name));
  if (missing.length > 0) {
    const names = missing.map(({ name }) => name).join(", ");
    throw new CannotStart(`The database lacks migrations (${names}); run \`npm run migrate\` first.`);
  }
}

async function appliedMigrations(db: Database): Promise<ReadonlySet<string>> {
  try {
    const rows = await db.execute<{ name: string }>(sql`select name from gatehouse_migrations`);
    return new Set(rows.map(({ name }) => name));
  } catch (error) {
    const code = databaseErrorOf(error)?.code;
    if (code === "42P01") return new Set(); // undefined_table
    if (code !== "42501") throw error; // insufficient_privilege
    throw new CannotStart(
      "DATABASE_URL's role may not look at the database: run `npm run migrate`, then GRANT gatehouse_app to it.",
    );
  }
}
