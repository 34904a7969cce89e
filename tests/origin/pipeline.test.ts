import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Connections, connect } from "#origin/db/client.ts";
import { databaseErrorOf } from "#origin/db/errors.ts";
import { send } from "#origin/db/pipeline.ts";
import { inTransaction } from "#origin/db/write.ts";
import { newTenant, owner, stack } from "#tests/support/stack.ts";

let connections: Connections;
let tenantId: string;
beforeAll(async () => {
  tenantId = (await newTenant()).id;
  const { databaseUrl: url } = stack();
  connections = connect({ url, poolSize: 1, applicationName: "pipeline" });
});
afterAll(() => connections.close(1));

const category = (name: string | null) =>
  sql`insert into categories (tenant_id, id, name) values (${tenantId}, ${randomUUID()}, ${name})`;

async function named(name: string): Promise<number> {
  const rows = await owner()`select from categories where tenant_id = ${tenantId} and name = ${name}`;
  return rows.length;
}

test("what is sent last and not waited for is committed", async () => {
  await inTransaction(connections, tenantId, async (tx) => send(tx, tx.execute(category("sent"))));
  expect(await named("sent")).toBe(1);
});

test("a statement that fails when it is sent last undoes the transaction, which throws why", async () => {
  const failing = inTransaction(connections, tenantId, async (tx) => {
    await tx.execute(category("undone"));
    // Nobody looks at it before COMMIT, which Postgres then answers as if nothing were wrong.
    send(tx, tx.execute(category(null)));
  });
  const error = await failing.catch((thrown) => thrown);
  expect(databaseErrorOf(error)?.code).toBe("23502");
  expect(await named("undone")).toBe(0);
});

test("the statement that failed says why, not one after it that was refused for that", async () => {
  const failing = inTransaction(connections, tenantId, async (tx) => {
    send(tx, tx.execute(category(null)));
    await tx.execute(category("after"));
  });
  const error = await failing.catch((thrown) => thrown);
  expect(databaseErrorOf(error)?.code).toBe("23502");
});
