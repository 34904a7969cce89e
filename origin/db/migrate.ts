import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import postgres, { type Sql } from "postgres";

/** The migrations of this source tree, in the order they are applied. */
const FOLDER = new URL("../../migrations/", import.meta.url);

/** Any number that nothing else in the database locks. */
const LOCK = 5_213_094_771;

export type Migration = { readonly name: string; readonly sql: string; readonly checksum: string };

/** Reads the migration files, ordered by name. */
export async function readMigrations(folder: URL = FOLDER): Promise<readonly Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".sql")).sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(new URL(name, folder), "utf8");
      return { name, sql, checksum: createHash("sha256").update(sql).digest("hex") };
    }),
  );
}

type Options = {
  readonly migrations?: readonly Migration[];
  /** Told of every step, in a line each. */
  readonly log?: (line: string) => void;
};

/**
 * Applies what the database lacks, each file in a transaction of its own. Two at once are safe: the
 * second waits and finds nothing left to do.
 * @param url of the role that owns the schema
 * @returns the names of those it applied
 * @throws Error when an applied file was changed since, or when one fails (it is then rolled back)
 */
export async function migrate(url: string, { migrations, log = () => {} }: Options = {}): Promise<string[]> {
  const wanted = migrations ?? (await readMigrations());
  // One connection: the lock belongs to the session.
  const sql = postgres(url, {
    max: 1,
    onnotice: () => {},
    connection: { application_name: "gatehouse-migrate" },
  });
  try {
    await sql`select pg_advisory_lock(${LOCK})`;
    const missing = await findMissing(sql, wanted);
    for (const migration of missing) {
      log(`applying ${migration.name}`);
      await apply(sql, migration);
    }
    log(missing.length === 0 ? "nothing to apply" : `applied ${missing.length}`);
    return missing.map(({ name }) => name);
  } finally {
    await sql.end();
  }
}

async function findMissing(sql: Sql, wanted: readonly Migration[]): Promise<Migration[]> {
  await sql`create table if not exists gatehouse_migrations (
    name text primary key, checksum text not null, applied_at timestamptz not null default now())`;
  const rows = await sql<
    { name: string; checksum: string }[]
  >`select name, checksum from gatehouse_migrations`;
  const applied = new Map(rows.map(({ name, checksum }) => [name, checksum]));
  const changed = wanted.find(({ name, checksum }) => (applied.get(name) ?? checksum) !== checksum);
  if (changed !== undefined) {
    throw new Error(`${changed.name} was changed after it was applied; write a new migration instead.`);
  }
  return wanted.filter(({ name }) => !applied.has(name));
}

async function apply(sql: Sql, { name, sql: text, checksum }: Migration): Promise<void> {
  try {
    await sql.begin(async (transaction) => {
      await transaction.unsafe(text);
      await transaction`insert into gatehouse_migrations (name, checksum) values (${name}, ${checksum})`;
    });
  } catch (error) {
    throw new Error(`${name} failed and was rolled back: ${messageOf(error)}`, { cause: error });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
