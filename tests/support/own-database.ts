import { randomBytes } from "node:crypto";
import postgres, { type Sql } from "postgres";
import { v7 as uuidv7 } from "uuid";
import { migrate } from "#origin/db/migrate.ts";
import { ensureTenants } from "#scripts/local/tenants.ts";
import { owner, stack } from "./stack.ts";

/** A migrated database beside the shared stack's, whose relay does not see it. It needs a Redis of its own too. */
export type OwnDatabase = {
  /** As the origin connects. */
  readonly url: string;
  /** As the owner. */
  readonly sql: Sql;
  readonly newTenant: () => Promise<string>;
  readonly drop: () => Promise<void>;
};

export async function startOwnDatabase(): Promise<OwnDatabase> {
  const name = `own_${randomBytes(6).toString("hex")}`;
  await owner().unsafe(`create database ${name}`);
  const ownerUrl = within(stack().ownerUrl, name);
  await migrate(ownerUrl);
  const sql = postgres(ownerUrl, { max: 2, onnotice: () => undefined });
  return {
    url: within(stack().databaseUrl, name),
    sql,
    newTenant: async () => {
      const id = uuidv7();
      await ensureTenants(sql, [{ id, slug: `test-${id}`, name: "Test" }]);
      return id;
    },
    drop: async () => {
      await sql.end({ timeout: 1 });
      await owner().unsafe(`drop database ${name} with (force)`);
    },
  };
}

function within(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}
