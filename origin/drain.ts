import type { Server } from "node:http";
import type { Socket } from "node:net";

const LOOK_AGAIN_MS = 50;

/**
 * Counts the requests of each connection, so that a stop can tell the idle ones: Node's own
 * `closeIdleConnections` overlooks a socket that never sent a request, or half of one.
 */
export function trackConnections(server: Server): (deadlineMs: number) => Promise<void> {
  const requests = new Map<Socket, number>();
  let stopping = false;

  server.on("connection", (socket) => {
    requests.set(socket, 0);
    socket.once("close", () => requests.delete(socket));
  });
  server.on("request", (request, response) => {
    const { socket } = request;
    requests.set(socket, (requests.get(socket) ?? 0) + 1);
    if (stopping) response.setHeader("connection", "close");
    response.once("close", () => {
      const left = (requests.get(socket) ?? 1) - 1;
      requests.set(socket, left);
      if (stopping && left === 0) socket.end();
    });
  });

  /** Ends idle connections at once, others with their last request, and all at the deadline. */
  return function drain(deadlineMs) {
    stopping = true;
    const endIdle = () => {
      for (const [socket, running] of requests) if (running === 0) socket.destroy();
    };
    endIdle();
    const sweep = setInterval(endIdle, LOOK_AGAIN_MS);
    const deadline = setTimeout(() => server.closeAllConnections(), deadlineMs);
    return new Promise((resolve) => {
      server.close(() => {
        clearInterval(sweep);
        clearTimeout(deadline);
        resolve();
      });
    });
  };
}
