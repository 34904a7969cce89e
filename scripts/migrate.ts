import { migrate } from "#origin/db/migrate.ts";

/** `npm run migrate`: brings the database at MIGRATION_DATABASE_URL up to date. */
const url = process.env["MIGRATION_DATABASE_URL"];
if (url === undefined || url === "") {
  console.error("MIGRATION_DATABASE_URL is missing: the URL of the role that owns the schema.");
  process.exit(2);
}
try {
  await migrate(url, { log: (line) => console.log(line) });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
