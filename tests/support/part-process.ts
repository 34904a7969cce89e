import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** A part of the system as a process of its own, which can die in the middle of anything. */
export type PartProcess = {
  /** SIGKILL: takes effect before this returns to the event loop of the other. */
  readonly kill: () => void;
  readonly ended: Promise<unknown>;
  /** Its first message, which says that it is ready. */
  readonly said: unknown;
};

/**
 * Starts a script of this folder; resolves when it says something.
 * @param told what it is sent as its first message
 */
export async function startPartProcess(script: string, told: object): Promise<PartProcess> {
  const file = fileURLToPath(new URL(script, import.meta.url));
  const child = fork(file, { execArgv: [], stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const ended = once(child, "exit");
  const tooEarly = ended.then((): never => {
    throw new Error(`${script} ended before it was ready`);
  });
  tooEarly.catch(() => undefined);
  child.send(told);
  const [said] = await Promise.race([once(child, "message"), tooEarly]);
  return { kill: () => child.kill("SIGKILL"), ended, said };
}
