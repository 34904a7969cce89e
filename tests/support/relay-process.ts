import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

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

/** Resolves when the process has loaded its code; it talks to nobody yet. */
export async function loadRelayProcess(): Promise<RelayProcess> {
  const child = fork(CHILD, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
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
