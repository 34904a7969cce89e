import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import { afterAll, expect, test } from "vitest";
import { startPostgres } from "#scripts/local/postgres.ts";

const folder = mkdtempSync(join(tmpdir(), "gatehouse-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function query(url: string, text: string): Promise<readonly Record<string, unknown>[]> {
  const sql = postgres(url, { max: 1 });
  try {
    return await sql.unsafe(text);
  } finally {
    await sql.end();
  }
}

test("a cluster in a folder keeps its data from one start to the next", async () => {
  const first = await startPostgres({ folder });
  await query(first.ownerUrl, "create table kept (n int); insert into kept values (7)");
  await first.stop();

  const second = await startPostgres({ folder });
  expect(await query(second.ownerUrl, "select n from kept")).toEqual([{ n: 7 }]);
  await second.stop();
});

test("a lock file left by a crash, whose process id another program has now, does not stop it", async () => {
  const lock = [process.pid, "/elsewhere", 1, 5432, "", "127.0.0.1", "", "ready", ""].join("\n");
  writeFileSync(join(folder, "data", "postmaster.pid"), lock);
  const started = await startPostgres({ folder });
  expect(await query(started.ownerUrl, "select n from kept")).toEqual([{ n: 7 }]);
  await started.stop();
});

test("a second server on the same data is refused with the folder's name", async () => {
  const first = await startPostgres({ folder });
  await expect(startPostgres({ folder })).rejects.toThrow(`already runs on ${join(folder, "data")}`);
  await first.stop();
});

test("a taken port is named in one sentence", async () => {
  const squatter = createServer();
  const port = await new Promise<number>((resolve) => {
    squatter.listen(0, "127.0.0.1", () => {
      const address = squatter.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
  await expect(startPostgres({ port })).rejects.toThrow(
    new RegExp(`^Port ${port}, which Postgres needs, is taken: .*\\.$`),
  );
  squatter.close();
});
