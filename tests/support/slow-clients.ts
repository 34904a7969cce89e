import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** Clients that are slow on purpose. */
export type SlowClients = {
  /** How many the server has not closed yet. */
  readonly open: () => number;
  /** Resolves when the server has closed them all, with the time it took the last from its start, in milliseconds. */
  readonly closed: Promise<number>;
  readonly stop: () => void;
};

type Options = {
  readonly count: number;
  /** Sent at once. */
  readonly first: string;
  /** Sent again and again, each second; nothing when left out. */
  readonly drop?: string;
  /** False: the answer stays unread in the kernel, which tells the server so. */
  readonly reads: boolean;
};

const DROP_MS = 1_000;

/** Resolves when all are connected. */
export async function startSlowClients(
  url: string,
  { count, first, drop, reads }: Options,
): Promise<SlowClients> {
  const { hostname, port } = new URL(url);
  const startedAt = performance.now();
  const sockets = new Set<Socket>();
  let lastClosedAt = startedAt;

  const ends = Array.from({ length: count }, () => {
    const socket = connect(Number(port), hostname);
    sockets.add(socket);
    socket.on("error", () => undefined);
    if (reads) socket.resume();
    socket.write(first);
    return new Promise<void>((resolve) => {
      socket.once("close", () => {
        sockets.delete(socket);
        lastClosedAt = performance.now();
        resolve();
      });
    });
  });
  const timer = setInterval(() => {
    for (const socket of sockets) if (drop !== undefined && socket.writable) socket.write(drop);
  }, DROP_MS);
  const connected = [...sockets].map((socket) => once(socket, "connect"));
  await Promise.all(connected);
  return {
    open: () => sockets.size,
    closed: Promise.all(ends).then(() => {
      clearInterval(timer);
      return lastClosedAt - startedAt;
    }),
    stop() {
      clearInterval(timer);
      for (const socket of sockets) socket.destroy();
    },
  };
}
