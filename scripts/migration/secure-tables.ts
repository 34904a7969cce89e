const CREATE_TABLE = /CREATE TABLE "([a-z_0-9]+)" \(\n(.*?)\n\);/gs;

/**
 * What a migration needs beside the tables it creates: row-level security and grants for each that has a
 * `tenant_id`, and for each that holds a resource, with a version and the time of its last change, the
 * trigger that tells the audit log.
 * @param migration as drizzle-kit generates it
 */
export function securityStatements(migration: string): string {
  return [...migration.matchAll(CREATE_TABLE)]
    .filter(([, , columns]) => columns?.includes('"tenant_id"'))
    .flatMap(([, table, columns = ""]) => [
      `SELECT gatehouse_secure_tenant_table('${table}');`,
      ...(isResource(columns) ? [`SELECT gatehouse_audit_table('${table}');`] : []),
    ])
    .map((statement) => `\n--> statement-breakpoint\n${statement}`)
    .join("")
    .concat("\n");
}

function isResource(columns: string): boolean {
  return columns.includes('"version"') && columns.includes('"updated_at"');
}
