import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** A receiver of webhooks on this machine, which answers as it is told. */

export type Received = {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly path: string;
};

/** @param count which request it is, from 1 on */
export type AnswerWith = (response: ServerResponse, count: number, request: IncomingMessage) => void;

export type Receiver = {
  readonly url: string;
  readonly received: readonly Received[];
  /** Resolves when there have been so many requests. */
  readonly has: (count: number) => Promise<void>;
  readonly close: () => Promise<void>;
};

export const answer =
  (status: number, headers: Readonly<Record<string, string>> = {}): AnswerWith =>
  (response) =>
    response.writeHead(status, headers).end("the receiver's own words");

/** @param port default: any that is free */
export async function startReceiver(answerWith: AnswerWith = answer(204), port = 0): Promise<Receiver> {
  const received: Received[] = [];
  const waiting = new Set<() => void>();
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)]);
    received.push({ headers: Object.fromEntries(headers), body, path: request.url ?? "" });
    answerWith(response, received.length, request);
    for (const look of waiting) look();
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const { port: actual } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${actual}/hook`,
    received,
    has: (count) =>
      new Promise((resolve) => {
        const look = () => {
          if (received.length < count) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
