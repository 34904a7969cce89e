import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Serving } from "./contestant.ts";
import { cpuSeconds } from "./cpu.ts";
import type { FromGenerator, Job, Result } from "./load/job.ts";
import type { FromServer } from "./serve.ts";

/** The harness's side of its two kinds of process. */

export type Server = {
  readonly serving: Serving;
  readonly requests: () => Promise<readonly string[]>;
  readonly stop: () => void;
};

/** A result together with what it cost the server. */
export type Measured = Result & { readonly cpuMicrosecondsPerRequest: number };

/**
 * @param told what the contestant is told
 * @param v8Flags of its process
 * @throws Error when it cannot start; what it said is on the terminal
 */
export async function startServer(file: string, told = "", v8Flags: readonly string[] = []): Promise<Server> {
  const child = start("./serve.ts", [file, told], v8Flags);
  const serving = await receive(child, (message: FromServer) =>
    message.kind === "serving" ? message.serving : null,
  );
  return {
    serving,
    requests: async () => {
      child.send({ kind: "requests" });
      return receive(child, (message: FromServer) => (message.kind === "requests" ? message.requests : null));
    },
    stop: () => child.kill(),
  };
}

/** Has a generator of its own do the job, and charges the time it measured to the server. */
export async function measure(job: Job, { pids }: Pick<Serving, "pids">): Promise<Measured> {
  const child = start("./load/generate.ts", []);
  child.send(job);
  try {
    await receive(child, (message: FromGenerator) => (message.kind === "measuring" ? true : null));
    const before = cpuSeconds(pids);
    const result = await receive(child, (message: FromGenerator) =>
      message.kind === "measured" ? message.result : null,
    );
    const microseconds = (cpuSeconds(pids) - before) * 1e6;
    return { ...result, cpuMicrosecondsPerRequest: microseconds / result.requests };
  } finally {
    child.kill();
  }
}

/** Runs a file beside this one in a Node of its own. */
export function start(file: string, args: readonly string[], v8Flags: readonly string[] = []): ChildProcess {
  return fork(fileURLToPath(new URL(file, import.meta.url)), [...args], {
    execArgv: ["--disable-warning=ExperimentalWarning", ...v8Flags],
    // JSON has no NaN, which is what a quantile of nothing is.
    serialization: "advanced",
  });
}

/** The next message that `pick` takes. */
export function receive<Message, T>(child: ChildProcess, pick: (message: Message) => T | null): Promise<T> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: Message) => {
      const picked = pick(message);
      if (picked === null) return;
      child.off("message", onMessage).off("exit", onExit);
      resolve(picked);
    };
    const onExit = () => reject(new Error(`${child.spawnargs.slice(2).join(" ")} ended too early`));
    child.on("message", onMessage).on("exit", onExit);
  });
}
