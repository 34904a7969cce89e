import { sql } from "drizzle-orm";
import { CannotStart } from "../cannot-start.ts";
import type { Database } from "./client.ts";
import { readMigrations } from "./migrate.ts";

/**
 * Refuses a role that row-level security does not bind, and a schema that is not this version's.
 * @throws CannotStart with one sentence that says what to do
 */
export async function checkDatabase(db: Database): Promise<void> {
  await checkRole(db);
  await checkMigrations(db);
}

/** Resolves when the database answers. */
export async function ping(db: Database): Promise<void> {
  await db.execute(sql`select 1`);
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
  const [found] = await db.execute<{ names: string }>(
    sql`select coalesce(json_agg(name), '[]')::text as names from gatehouse_migrations`,
  );
  const applied: unknown = JSON.parse(found?.names ?? "[]");
  const missing = wanted.filter(({ name }) => !Array.isArray(applied) || !applied.includes(name));
  if (missing.length > 0) {
    const names = missing.map(({ name }) => name).join(", ");
    throw new CannotStart(`The database lacks migrations (${names}); run \`npm run migrate\` first.`);
  }
}
