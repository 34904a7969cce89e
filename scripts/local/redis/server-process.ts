import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { LOOPBACK, requirePort } from "../ports.ts";
import { StartError } from "../start-error.ts";
import { type Tethered, tether } from "../tether.ts";

/** The `redis-server` on the PATH, or null. */
export function findRedisServer(path = process.env["PATH"] ?? ""): string | null {
  const candidates = path.split(delimiter).map((folder) => join(folder, "redis-server"));
  return candidates.find(isExecutable) ?? null;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Starts a server on the loopback interface that keeps nothing on disk.
 * @returns once it takes connections
 * @throws StartError when the port is taken, or with the server's own last words
 */
export async function startRedisServer(program: string, port: number): Promise<Tethered> {
  await requirePort(port, "Redis");
  const server = tether(program, [
    ...["--port", String(port), "--bind", LOOPBACK, "--protected-mode", "yes"],
    ...["--save", "", "--appendonly", "no", "--daemonize", "no"],
  ]);
  let lastWords = "it said nothing";
  const ready = new Promise<void>((resolve) => {
    createInterface({ input: server.output[0] }).on("line", (line) => {
      lastWords = line;
      if (line.includes("eady to accept connections")) resolve();
    });
  });
  server.output[1].resume();
  const ended = server.exited.then(() => {
    throw new StartError(`redis-server did not start: ${lastWords}`);
  });
  ended.catch(() => undefined);
  await Promise.race([ready, ended]);
  return server;
}
