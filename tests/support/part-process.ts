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

const SCRIPTS = {
  redis: new URL("./redis-child.ts", import.meta.url),
  issuer: new URL("./issuer-child.ts", import.meta.url),
  originApp: new URL("./origin-app-child.ts", import.meta.url),
};

/**
 * Starts a part; resolves when it says something.
 * @param told what it is sent as its first message
 */
export async function startPartProcess(part: keyof typeof SCRIPTS, told: object): Promise<PartProcess> {
  const child = fork(fileURLToPath(SCRIPTS[part]), {
    execArgv: [],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const ended = once(child, "exit");
  const tooEarly = ended.then((): never => {
    throw new Error(`${part} ended before it was ready`);
  });
  tooEarly.catch(() => undefined);
  child.send(told);
  const [said] = await Promise.race([once(child, "message"), tooEarly]);
  return { kill: () => child.kill("SIGKILL"), ended, said };
}
