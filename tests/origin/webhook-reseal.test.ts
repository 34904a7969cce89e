import { afterAll, beforeAll, expect, test } from "vitest";
import { type Connections, connect } from "#origin/db/client.ts";
import { inTransaction } from "#origin/db/write.ts";
import { resealWebhooks } from "#origin/resources/webhooks/reseal.ts";
import { insertWebhook, replaceSecret, sealName } from "#origin/resources/webhooks/rows.ts";
import { createSeal } from "#origin/seal.ts";
import { type OwnDatabase, startOwnDatabase } from "#tests/support/own-database.ts";

/** On a database of its own: the secrets of all webhooks are sealed again. */

const [OLD, NEW] = ["o".repeat(32), "n".repeat(32)];
let database: OwnDatabase;
let connections: Connections;

beforeAll(async () => {
  database = await startOwnDatabase();
  connections = connect({ url: database.url, poolSize: 2, applicationName: "test" });
});
afterAll(async () => {
  await connections.close(1);
  await database.drop();
});

test("webhooks' secrets, the ones before included, are sealed again for every tenant, and then open without the old one", async () => {
  const old = createSeal([OLD], "webhook secrets");
  const body = { url: "https://hooks.example.com/", eventTypes: ["webhook.test" as const] };
  const made = await Promise.all(
    [await database.newTenant(), await database.newTenant()].map((tenantId) =>
      inTransaction(connections, tenantId, async (tx) => {
        const first = await insertWebhook(tx, old, tenantId, body);
        const { id } = first.webhook;
        const second = await replaceSecret(tx, old, tenantId, id, 60);
        return { name: sealName(tenantId, id), id, secrets: [second.secret, first.secret] };
      }),
    ),
  );

  expect(await resealWebhooks(connections, [NEW, OLD])).toBe(2);
  expect(await resealWebhooks(connections, [NEW, OLD])).toBe(0);

  const seal = createSeal([NEW], "webhook secrets");
  for (const { result } of made) {
    const [row] = await database.sql`select sealed_secret, sealed_previous_secret, version from webhooks
      where id = ${result.id}`;
    const opened = [row?.["sealed_secret"], row?.["sealed_previous_secret"]].map((each) =>
      seal.open(result.name, each),
    );
    expect(opened).toEqual(result.secrets);
    // To its receiver and to the tenant nothing has changed.
    expect(row?.["version"]).toBe(2);
  }
});

test("what is sealed with none of the secrets is not touched, and said", async () => {
  await expect(resealWebhooks(connections, ["z".repeat(32)])).rejects.toThrow("sealed with another secret");
});
