import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { freePort } from "#scripts/local/ports.ts";

test("Ctrl-C while the database is made for the first time ends `npm run dev` quietly, with code 0", async () => {
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-interrupted-"));
  // A process group, which is what a terminal sends Ctrl-C to.
  const dev = spawn(process.execPath, ["scripts/dev.ts", "--port-base", String(await freePort())], {
    env: { ...process.env, GATEHOUSE_DATA_DIR: folder },
    stdio: ["ignore", "ignore", "pipe"],
    detached: true,
  });
  const said = text(dev.stderr);
  await expect
    .poll(() => existsSync(join(folder, "postgres/data/PG_VERSION")), { timeout: 15_000, interval: 5 })
    .toBe(true);
  if (dev.pid !== undefined) process.kill(-dev.pid, "SIGINT");
  const [code] = await once(dev, "close");
  expect([code, await said]).toEqual([0, ""]);
  rmSync(folder, { recursive: true, force: true });
}, 60_000);
