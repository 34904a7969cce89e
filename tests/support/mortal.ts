import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { startPostgres } from "#scripts/local/postgres.ts";

/** A part that can be killed at any moment, and started again at the same place. */
export type Mortal = {
  /** SIGKILL; resolves when it is dead. */
  readonly kill: () => Promise<void>;
  /** Resolves when it takes requests. Does nothing while it lives. */
  readonly revive: () => Promise<void>;
};

type Living = { readonly kill: () => void; readonly ended: Promise<unknown> };

const RESTARTS = 60;
const RESTART_MS = 500;

/** Starts what may need something that is away just now, again and again, as an orchestrator does. */
async function restart(start: () => Promise<Living>): Promise<Living> {
  for (let left = RESTARTS; left > 0; left--) {
    const living = await start().catch(() => null);
    if (living !== null) return living;
    await delay(RESTART_MS);
  }
  return start();
}

/** @param start at a place that is the same each time */
export async function mortal(start: () => Promise<Living>): Promise<Mortal> {
  let living: Living | null = await start();
  return {
    async kill() {
      living?.kill();
      await living?.ended;
      living = null;
    },
    async revive() {
      living ??= await restart(start);
    },
  };
}

export type MortalPostgres = Mortal & { readonly ownerUrl: string; readonly stop: () => Promise<void> };

/** @param folder where its data survives its death */
export async function mortalPostgres(folder: string): Promise<MortalPostgres> {
  let server = await startPostgres({ folder });
  let isDead = false;
  return {
    ownerUrl: server.ownerUrl,
    async kill() {
      if (isDead) return;
      isDead = true;
      process.kill(
        Number.parseInt(readFileSync(join(folder, "data", "postmaster.pid"), "utf8"), 10),
        "SIGKILL",
      );
      await server.exited;
    },
    async revive() {
      if (!isDead) return;
      server = await startPostgres({ folder, port: server.port });
      isDead = false;
    },
    stop: () => server.stop(),
  };
}
