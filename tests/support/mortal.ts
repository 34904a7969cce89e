import { readFileSync } from "node:fs";
import { join } from "node:path";
import { startPostgres } from "#scripts/local/postgres.ts";
import { persist } from "./persist.ts";

/** A part that can be killed at any moment, and started again at the same place. */
export type Mortal = {
  /** SIGKILL; resolves when it is dead. */
  readonly kill: () => Promise<void>;
  /** Resolves when it takes requests. Does nothing while it lives. */
  readonly revive: () => Promise<void>;
};

type Living = { readonly kill: () => void; readonly ended: Promise<unknown> };

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
      living ??= await persist(start);
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
      server = await persist(() => startPostgres({ folder, port: server.port }));
      isDead = false;
    },
    stop: () => server.stop(),
  };
}
