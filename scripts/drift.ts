import { driftOf } from "./deploy/drift.ts";
import { expectedOf, found } from "./deploy/found.ts";
import { toEnvironment } from "./deploy/plan.ts";
import { readCommandLine, refuse } from "./local/command-line.ts";
import { counted } from "./local/table.ts";

const USAGE = `npm run drift -- --env staging|production

Whether what runs is what was last deployed from this repository: the edge's version, the origin's image and
configuration, the migrations of the database at MIGRATION_DATABASE_URL (a login that may read is enough).
Ends with 1 when something differs, and with 2 when something cannot be asked.`;

const { values } = readCommandLine(USAGE, { options: { env: { type: "string" } } });

try {
  const environment = toEnvironment(values.env ?? "");
  const databaseUrl = process.env["MIGRATION_DATABASE_URL"];
  if (!databaseUrl) throw new Error("MIGRATION_DATABASE_URL is missing");
  const expected = expectedOf(environment);
  const faults = driftOf(expected, await found(environment, expected.commit, databaseUrl));
  for (const fault of faults) console.error(fault);
  console.log(
    faults.length === 0
      ? `${environment} is as deployed: ${expected.commit}`
      : counted(faults.length, "difference"),
  );
  process.exitCode = faults.length === 0 ? 0 : 1;
} catch (error) {
  refuse(error instanceof Error ? error.message : String(error), USAGE);
}
