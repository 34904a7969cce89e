import { spawnSync } from "node:child_process";
import { appendFileSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { securityStatements } from "./tenant-tables.ts";

/**
 * `npm run migration -- --name add_orders`: writes the SQL that takes the database from the last
 * migration to what `origin/db/schema.ts` says, and secures every new table that belongs to tenants.
 */
const FOLDER = "migrations";
const NAME = /^[a-z][a-z0-9_]*$/;

const { values } = parseArgs({ options: { name: { type: "string" } } });
if (values.name === undefined || !NAME.test(values.name)) {
  console.error("Give the migration a name in snake_case: npm run migration -- --name add_orders");
  process.exit(2);
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
