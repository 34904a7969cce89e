import { randomBytes } from "node:crypto";
import postgres from "postgres";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Migration, migrate, readMigrations } from "#origin/db/migrate.ts";
import { securityStatements } from "#scripts/migration/secure-tables.ts";
import { owner, stack } from "#tests/support/stack.ts";

let name: string;
let url: string;

beforeEach(async () => {
  name = `migrate_${randomBytes(6).toString("hex")}`;
  await owner().unsafe(`create database ${name}`);
  url = Object.assign(new URL(stack().ownerUrl), { pathname: `/${name}` }).href;
});
afterEach(async () => {
  await owner().unsafe(`drop database ${name} with (force)`);
});

function migration(number: number, sql: string): Migration {
  return { name: `000${number}_test.sql`, sql, checksum: sql };
}

async function query(text: string) {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    return await sql.unsafe(text);
  } finally {
    await sql.end();
  }
}

test("two at once apply every migration once, in order, and say so", async () => {
  const lines: string[] = [];
  const log = (line: string) => lines.push(line);
  const both = await Promise.all([migrate(url, { log }), migrate(url, { log })]);
  const names = (await readMigrations()).map((wanted) => wanted.name);
  expect(names[0]).toBe("0000_foundation.sql");
  expect(both.toSorted((a, b) => a.length - b.length)).toEqual([[], names]);
  expect(lines).toContain("applying 0000_foundation.sql");
  expect(lines).toContain("nothing to apply");
  const applied = await query("select name from gatehouse_migrations order by name");
  expect(applied.map((row) => row["name"])).toEqual(names);
});

test("one that fails is rolled back, named, and leaves the earlier ones", async () => {
  const foundation = migration(0, "create table first (n int)");
  const broken = migration(1, "create table second (n int); select nonsense");
  await expect(migrate(url, { migrations: [foundation, broken] })).rejects.toThrow(/^0001_test\.sql failed/);
  const tables = await query("select tablename from pg_tables where tablename in ('first', 'second')");
  expect(tables.map((row) => row["tablename"])).toEqual(["first"]);
  const mended = migration(1, "create table second (n int)");
  expect(await migrate(url, { migrations: [foundation, mended] })).toEqual(["0001_test.sql"]);
});

test("one that was changed after it was applied is refused by name", async () => {
  await migrate(url, { migrations: [migration(0, "select 1")] });
  const changed = migrate(url, { migrations: [migration(0, "select 2")] });
  await expect(changed).rejects.toThrow("0000_test.sql was changed after it was applied");
});

test("a generated migration secures each table that belongs to tenants, and no other", () => {
  const generated = [
    'CREATE TABLE "orders" (\n\t"tenant_id" uuid NOT NULL,\n\t"id" uuid NOT NULL\n);',
    'CREATE TABLE "currencies" (\n\t"code" text PRIMARY KEY NOT NULL\n);',
    'ALTER TABLE "orders" ADD COLUMN "note" text;',
  ].join("\n--> statement-breakpoint\n");
  expect(securityStatements(generated)).toBe(
    "\n--> statement-breakpoint\nSELECT gatehouse_secure_tenant_table('orders');\n",
  );
});

test("a generated migration tells the audit log of a resource's table, and of no other", () => {
  const resource =
    'CREATE TABLE "bins" (\n\t"tenant_id" uuid,\n\t"version" integer,\n\t"updated_at" timestamp\n);';
  expect(securityStatements(resource)).toContain("SELECT gatehouse_audit_table('bins');");
  expect(securityStatements(resource.replace("version", "n"))).not.toContain("audit");
});
