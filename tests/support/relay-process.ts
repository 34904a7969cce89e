import { fork } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** How a relay reaches the two stores that it stands between. */
export type RelayPlaces = {
  readonly databaseUrl: string;
  readonly redis: { readonly url: string; readonly token: string };
};

/** A relay as a process of its own, loaded and waiting for `start`. */
export type RelayProcess = {
  readonly start: (places: RelayPlaces) => void;
  readonly wake: () => void;
  /** SIGKILL: it does nothing any more when this returns. */
  readonly kill: () => void;
  readonly ended: Promise<unknown>;
};

const CHILD = fileURLToPath(new URL("./relay-child.ts", import.meta.url));

let bundled: Promise<string> | null = null;

/** One file: a victim for each message is loaded in a fifth of the time that several hundred would take. */
async function bundle(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "gatehouse-relay-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const outfile = join(folder, "relay-child.mjs");
  const require =
    'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);';
  const options = { bundle: true, platform: "node", format: "esm", logLevel: "error" } as const;
  await build({ ...options, entryPoints: [CHILD], outfile, banner: { js: require } });
  return outfile;
}

/** Resolves when the process has loaded its code; it talks to nobody yet. */
export async function loadRelayProcess(): Promise<RelayProcess> {
  bundled ??= bundle();
  const child = fork(await bundled, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const ended = once(child, "exit");
  const loaded = once(child, "message");
  const tooEarly = ended.then(() => {
    throw new Error("the relay ended before it was loaded");
  });
  tooEarly.catch(() => undefined);
  await Promise.race([loaded, tooEarly]);
  return {
    start: (places) => child.send(places),
    wake: () => child.send("wake"),
    kill: () => child.kill("SIGKILL"),
    ended,
  };
}
