import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { originFlags } from "#scripts/local/start-command.ts";

/** An origin as a process of its own, which can die in the middle of anything. */
export type OriginProcess = {
  /** SIGKILL: takes effect before this returns to the event loop of the other. */
  readonly kill: () => void;
  /** Its exit code; null when a signal ended it. */
  readonly ended: Promise<number | null>;
  /** What it has written to standard error so far. */
  readonly errors: () => string;
  /** What it has logged so far. */
  readonly lines: () => readonly string[];
  readonly pid: number;
  readonly url: string;
  /** Probes and metrics. */
  readonly opsUrl: string;
};

/**
 * Resolves when it listens.
 * @param flags for Node, before the script; default: as the origin is started anywhere
 * @param folder where the source is
 */
export async function startOriginProcess(
  variables: Readonly<Record<string, string>>,
  flags: readonly string[] = originFlags(),
  folder = ".",
): Promise<OriginProcess> {
  const child = spawn(process.execPath, [...flags, "origin/server.ts"], {
    env: { ...process.env, ...variables, LOG_LEVEL: "info" },
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "exit").then(([code]): number | null => code);
  let errors = "";
  const lines: string[] = [];
  child.stderr.on("data", (chunk) => {
    errors += chunk;
    process.stderr.write(chunk);
  });
  const listening = new Promise<Pick<OriginProcess, "url" | "opsUrl">>((resolve) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      lines.push(line);
      if (line.includes('"msg":"listening"')) resolve(JSON.parse(line));
    });
  });
  const tooEarly = ended.then((): never => {
    throw new Error("the origin ended before it listened");
  });
  tooEarly.catch(() => undefined);
  const { url, opsUrl } = await Promise.race([listening, tooEarly]);
  return {
    kill: () => child.kill("SIGKILL"),
    ended,
    errors: () => errors,
    lines: () => lines,
    pid: child.pid ?? 0,
    url,
    opsUrl,
  };
}
