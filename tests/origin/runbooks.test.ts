import { spawnSync } from "node:child_process";
import postgres from "postgres";
import { expect, test } from "vitest";
import { connect } from "#origin/db/client.ts";
import { createSigningKeys } from "#origin/resources/access/signing-keys/signing-keys.ts";
import type { SecretList } from "#shared/environment.ts";
import { startOwnDatabase } from "#tests/support/own-database.ts";
import { kindOf, runbooks, statementOf } from "#tests/support/runbooks.ts";
import { mintToken, newTenant, owner, stack } from "#tests/support/stack.ts";

const pages = runbooks();
const commands = [...new Set(pages.flatMap((page) => page.commands.map(({ command }) => command)))];
const ofKind = (kind: ReturnType<typeof kindOf>) => commands.filter((command) => kindOf(command) === kind);

const hasCurl = spawnSync("curl", ["--version"]).status === 0;

async function run(
  command: string,
  more: Readonly<Record<string, string>> = {},
): Promise<{ readonly status: number | null; readonly output: string }> {
  const { edgeUrl, opsUrl } = stack();
  const tenant = await newTenant();
  const SMOKE_TOKEN = await mintToken({ tenantId: tenant.id });
  const env = { ...process.env, EDGE_URL: edgeUrl, OPS_URL: opsUrl, SMOKE_TOKEN, ...more };
  const { status, stdout, stderr } = spawnSync("sh", ["-c", command], { env, encoding: "utf8" });
  return { status, output: stdout + stderr };
}

test.skipIf(!hasCurl).each(ofKind("look"))("%s", { timeout: 60_000 }, async (command) => {
  const { status, output } = await run(command);
  expect(status, output).toBe(0);
  if (!command.startsWith("git")) expect(output).toMatch(/\w/);
});

test.each(ofKind("later"))(
  "%s, as if it had been deployed an hour ago",
  { timeout: 60_000 },
  async (command) => {
    const since = `--since ${new Date(Date.now() - 3_600_000).toISOString()}`;
    const { status, output } = await run(command.replace("--env production", since));
    expect([0, 1], output).toContain(status);
    expect(output).toMatch(/^ok +the cache's hits/m);
    expect(output).toContain("60 minutes after");
  },
);

test.each(ofKind("rollback").filter((command) => command.endsWith("--dry-run")))("%s", async (command) => {
  const { status, output } = await run(command);
  expect(status, output).toBe(0);
  expect(output).toContain("rollout undo");
});

test("a signing key is withdrawn by the commands of the runbook", { timeout: 60_000 }, async () => {
  const database = await startOwnDatabase();
  try {
    const secrets: SecretList = [stack().secrets.keyEncryption];
    const connections = connect({ url: database.url, poolSize: 1, applicationName: "test" });
    const schedule = { lifetimeSeconds: 86_400, publishSeconds: 7_200 };
    const keys = createSigningKeys({
      connections,
      secrets,
      schedule,
      tokenLifetimeSeconds: 900,
      now: Date.now,
    });
    await keys.ensure();
    const { kid } = await keys.current();
    await connections.close(1);
    expect(ofKind("keys")).toHaveLength(2);
    for (const command of ofKind("keys")) {
      const { status, output } = await run(command, {
        DATABASE_URL: database.url,
        KEY_ENCRYPTION_SECRET: secrets[0],
        KID: kid,
      });
      expect(status, output).toBe(0);
      expect(output).toMatch(
        new RegExp(`^${kid} +${command.endsWith("list") ? "signing" : "withdrawn"} `, "m"),
      );
    }
  } finally {
    await database.drop();
  }
});

/** The settings of PGOPTIONS, as the index of the runbooks has them. */
function settings(): Record<string, string> {
  const line = ofKind("setting").find((command) => command.includes("PGOPTIONS")) ?? "";
  const pairs = [...line.matchAll(/-c ([\w.]+)=(\w+)/g)].map(([, name = "", value = ""]) => [name, value]);
  return Object.fromEntries(pairs);
}

async function asRunbook<R>(url: string, work: (sql: postgres.Sql) => Promise<R>): Promise<R> {
  const sql = postgres(url, { max: 1, connection: settings(), onnotice: () => undefined });
  try {
    return await work(sql);
  } finally {
    await sql.end();
  }
}

test.each(ofKind("query"))("%s", async (query) => {
  const statement = statementOf(query);
  for (const url of [stack().databaseUrl, stack().ownerUrl]) {
    const rows = await asRunbook(url, (sql) => sql.unsafe(statement));
    expect(Array.isArray(rows)).toBe(true);
  }
});

test("a session of the runbooks sees the outbox of all tenants, and can change nothing", async () => {
  const { id } = await newTenant();
  await owner()`insert into outbox (tenant_id, collection, item_id, delivered_at)
    values (${id}, 'runbooks', ${id}, now())`;
  await asRunbook(stack().databaseUrl, async (sql) => {
    expect(await sql`select tenant_id from outbox where collection = 'runbooks'`).toEqual([
      { tenant_id: id },
    ]);
    await expect(sql`delete from outbox`).rejects.toMatchObject({ code: "25006" });
  });
});
