import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/** Whether a request, or its answer, is passed on; else the connection is reset. */
export type Verdict = "pass" | "reset";

/** A place between one party and Redis's REST endpoint where each request and each answer can be lost. */
export type RedisGate = {
  readonly url: string;
  /** Decides on a request before Redis has it. */
  before: (body: string) => Verdict;
  /** Decides on an answer when Redis has done what was asked. */
  after: (body: string) => Verdict;
  readonly stop: () => Promise<void>;
};

/** @param upstream the REST endpoint */
export async function startRedisGate(upstream: string): Promise<RedisGate> {
  const server = createServer(async (request, response) => {
    const body = await read(request);
    if (gate.before(body) === "reset") return request.socket.resetAndDestroy();
    const headers = {
      authorization: request.headers.authorization ?? "",
      "content-type": "application/json",
    };
    const answer = await fetch(upstream + (request.url ?? "/"), { method: "POST", headers, body });
    const text = await answer.text();
    if (gate.after(body) === "reset") return request.socket.resetAndDestroy();
    return response.writeHead(answer.status, { "content-type": "application/json" }).end(text);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const gate: RedisGate = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    before: () => "pass",
    after: () => "pass",
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
  return gate;
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
