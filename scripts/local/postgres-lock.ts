import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { commandOf } from "./processes.ts";
import { StartError } from "./start-error.ts";

const PATIENCE_MS = 3_000;
const POLL_MS = 50;

/**
 * Removes a `postmaster.pid` that a crash left behind when its process id now belongs to another
 * program, which Postgres takes for a running server (in a container ids repeat at once). A server
 * that is just stopping is waited for.
 * @throws StartError when a server really runs on this data
 */
export async function clearStaleLock(dataDir: string): Promise<void> {
  const file = join(dataDir, "postmaster.pid");
  for (let waitedMs = 0; existsSync(file); waitedMs += POLL_MS) {
    const pid = Number.parseInt(readFileSync(file, "utf8"), 10);
    if (!isPostgres(pid)) return rmSync(file, { force: true });
    if (waitedMs >= PATIENCE_MS) {
      throw new StartError(
        `A Postgres server (process ${pid}) already runs on ${dataDir}: stop it, or use another data folder.`,
      );
    }
    await delay(POLL_MS);
  }
}

function isPostgres(pid: number): boolean {
  return commandOf(pid)?.includes("postgres") ?? false;
}
