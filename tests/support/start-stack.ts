import { existsSync } from "node:fs";
import { startPostgres } from "#scripts/local/postgres.ts";
import { createRuntimeLogin } from "#scripts/local/postgres-login.ts";

export type Stack = {
  /** Postgres as the owner: sees and may do everything. */
  readonly ownerUrl: string;
  /** Postgres as the origin connects: a member of gatehouse_app. */
  readonly databaseUrl: string;
};

export type RunningStack = { readonly stack: Stack; readonly stop: () => Promise<void> };

export async function startStack(): Promise<RunningStack> {
  const postgres = await startPostgres();
  let databaseUrl = postgres.ownerUrl;
  if (existsSync("origin/db/migrate.ts")) {
    const path = "#origin/db/migrate.ts";
    const { migrate } = await import(path);
    await migrate(postgres.ownerUrl);
    databaseUrl = await createRuntimeLogin(postgres.ownerUrl, { user: "gatehouse_test", password: "test" });
  }
  return { stack: { ownerUrl: postgres.ownerUrl, databaseUrl }, stop: () => postgres.stop() };
}
