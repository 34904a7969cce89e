import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** The origin's HTTP interface as a process of its own, which can die in the middle of anything. */
export type OriginAppProcess = {
  readonly url: string;
  /** SIGKILL: takes effect before this returns to the event loop of the other. */
  readonly kill: () => void;
  readonly ended: Promise<unknown>;
};

const CHILD = fileURLToPath(new URL("origin-app-child.ts", import.meta.url));

/** Resolves when it listens; it has not connected to the database by then. */
export async function loadOriginAppProcess(
  variables: Readonly<Record<string, string>>,
  poolSize: number,
): Promise<OriginAppProcess> {
  const child = fork(CHILD, { execArgv: [], stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const ended = once(child, "exit");
  const listening = once(child, "message");
  child.send({ variables, poolSize });
  const [url] = await listening;
  return { url, kill: () => child.kill("SIGKILL"), ended };
}
