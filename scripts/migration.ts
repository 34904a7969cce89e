import { spawnSync } from "node:child_process";
import { appendFileSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readCommandLine, refuse } from "./local/command-line.ts";
import { securityStatements } from "./migration/secure-tables.ts";

/**
 * `npm run migration -- --name add_orders`: writes the SQL that takes the database from the last
 * migration to what `origin/db/schema.ts` says, and secures every new table that belongs to tenants.
 */
const FOLDER = "migrations";
const NAME = /^[a-z][a-z0-9_]*$/;

const USAGE = `npm run migration -- --name add_orders

Writes the SQL from the last migration to what origin/db/schema.ts says into ${FOLDER}/, with what secures
and audits each new table of tenants. Needs no database; \`npm run dev\` applies it when it appears.`;

const { values } = readCommandLine(USAGE, { options: { name: { type: "string" } } });
if (values.name === undefined || !NAME.test(values.name)) {
  refuse("Give the migration a name in snake_case.", USAGE);
}

const before = new Set(readdirSync(FOLDER));
const { status } = spawnSync("drizzle-kit", ["generate", "--name", values.name], { stdio: "inherit" });
if (status !== 0) process.exit(status ?? 1);

for (const file of readdirSync(FOLDER)) {
  if (before.has(file) || !file.endsWith(".sql")) continue;
  const path = join(FOLDER, file);
  const secured = securityStatements(readFileSync(path, "utf8"));
  appendFileSync(path, secured);
  console.log(`${path}: read it before you commit it.`);
}
