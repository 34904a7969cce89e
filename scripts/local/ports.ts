import { once } from "node:events";
import { createServer } from "node:net";
import { StartError } from "./start-error.ts";

export const LOOPBACK = "127.0.0.1";

/** A port of the loopback interface that nothing listens on now. Another process may be quicker. */
export async function freePort(): Promise<number> {
  return listenBriefly(0);
}

/**
 * @param part what wants the port, as the user knows it
 * @throws StartError when something else has it
 */
export async function requirePort(port: number, part: string): Promise<void> {
  try {
    await listenBriefly(port);
  } catch (error) {
    throw portError(port, part, error);
  }
}

/** The sentence for a failed listen; whatever is not about the port stays as it is. */
export function portError(port: number, part: string, error: unknown): unknown {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "EADDRINUSE") {
    return new StartError(
      `Port ${port}, which ${part} needs, is taken: stop the program that listens there, ` +
        "or choose other ports with --port-base.",
    );
  }
  if (code === "EACCES") {
    return new StartError(`Port ${port}, which ${part} needs, may not be used by this user.`);
  }
  return error;
}

async function listenBriefly(port: number): Promise<number> {
  const server = createServer();
  server.listen(port, LOOPBACK);
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return address.port;
}
