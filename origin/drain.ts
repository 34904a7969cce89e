import type { Server } from "node:http";
import type { Socket } from "node:net";

const LOOK_AGAIN_MS = 50;

/** The connections of one server. */
export type Sockets = {
  readonly count: () => { readonly active: number; readonly idle: number };
  /** From now on each answer is the last of its connection, and says so (RFC 9112 §9.6). */
  readonly sayGoodbye: () => void;
  /**
   * Takes no new connections, ends idle ones at once, others with their last request, and all at the
   * deadline. @returns how many requests the deadline has cut off
   */
  readonly drain: (deadlineMs: number) => Promise<number>;
};

/**
 * Counts the requests of each connection, so that a stop can tell the idle ones: Node's own
 * `closeIdleConnections` overlooks a socket that never sent a request, or half of one.
 */
export function trackSockets(server: Server): Sockets {
  const requests = new Map<Socket, number>();
  let isLeaving = false;

  server.on("connection", (socket) => {
    requests.set(socket, 0);
    socket.once("close", () => requests.delete(socket));
  });
  server.on("request", (request, response) => {
    const { socket } = request;
    requests.set(socket, (requests.get(socket) ?? 0) + 1);
    if (isLeaving) response.setHeader("connection", "close");
    response.on("close", () => {
      // A socket that has closed is not put back.
      const running = requests.get(socket);
      if (running === undefined) return;
      requests.set(socket, running - 1);
      if (isLeaving && running === 1) socket.end();
    });
  });

  function endIdle(): void {
    for (const [socket, running] of requests) if (running === 0) socket.destroy();
  }

  function running(): number {
    let sum = 0;
    for (const count of requests.values()) sum += count;
    return sum;
  }

  return {
    count() {
      let idle = 0;
      for (const count of requests.values()) if (count === 0) idle++;
      return { active: requests.size - idle, idle };
    },
    sayGoodbye() {
      isLeaving = true;
    },
    drain(deadlineMs) {
      isLeaving = true;
      let cut = 0;
      endIdle();
      const sweep = setInterval(endIdle, LOOK_AGAIN_MS);
      const deadline = setTimeout(() => {
        cut = running();
        server.closeAllConnections();
      }, deadlineMs);
      return new Promise((resolve) => {
        server.close(() => {
          clearInterval(sweep);
          clearTimeout(deadline);
          resolve(cut);
        });
      });
    },
  };
}
