const CREATE_TABLE = /CREATE TABLE "([a-z_0-9]+)" \(\n(.*?)\n\);/gs;

/**
 * What a migration needs beside the tables it creates: row-level security and grants for each that
 * has a `tenant_id` (the function is made by the first migration).
 * @param migration as drizzle-kit generates it
 */
export function securityStatements(migration: string): string {
  return [...migration.matchAll(CREATE_TABLE)]
    .filter(([, , columns]) => columns?.includes('"tenant_id"'))
    .map(([, table]) => `\n--> statement-breakpoint\nSELECT gatehouse_secure_tenant_table('${table}');`)
    .join("")
    .concat("\n");
}
