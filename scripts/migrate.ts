import { migrate } from "#origin/db/migrate.ts";
import { readCommandLine, refuse } from "./local/command-line.ts";

/** `npm run migrate`: brings the database at MIGRATION_DATABASE_URL up to date. */
const USAGE = `npm run migrate

Applies what migrations/ has and the database at MIGRATION_DATABASE_URL has not, as the role that owns the
schema. \`npm run dev\` does so by itself.`;

readCommandLine(USAGE, {});
const url = process.env["MIGRATION_DATABASE_URL"];
if (url === undefined || url === "") {
  refuse("MIGRATION_DATABASE_URL is missing: the URL of the role that owns the schema.", USAGE);
}
try {
  await migrate(url, { log: (line) => console.log(line) });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
