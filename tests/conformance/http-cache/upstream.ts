import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

/** How to answer one request. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export type Upstream = {
  readonly url: string;
  /** Answers the requests for a path in turn; the last answer serves for all that follow. */
  readonly script: (path: string, ...answers: readonly Answer[]) => void;
  /** The requests for a path so far, with their bodies. */
  readonly asked: (path: string) => readonly Asked[];
  readonly stop: () => Promise<void>;
};

export type Asked = {
  readonly method: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Promise<string>;
};

/** An HTTP server on a real socket that does as a test says. */
export async function startUpstream(): Promise<Upstream> {
  const scripts = new Map<string, readonly Answer[]>();
  const asked = new Map<string, Asked[]>();
  const server = createServer((request, response) => {
    const { url: path = "/", method = "", headers } = request;
    const before = asked.get(path) ?? [];
    asked.set(path, [...before, { method, headers, body: bodyOf(request) }]);
    const answers = scripts.get(path) ?? [];
    const answer = answers[Math.min(before.length, answers.length - 1)];
    if (answer === undefined) response.writeHead(404, { "cache-control": "no-store" }).end();
    else answer(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the upstream has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    script: (path, ...answers) => scripts.set(path, answers),
    asked: (path) => asked.get(path) ?? [],
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

type Headers = Readonly<Record<string, string | readonly string[]>>;

export function answer(headers: Headers, body: string | Buffer = "body", status = 200): Answer {
  return (_request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    response.writeHead(status).end(body);
  };
}

/** Breaks the connection instead of answering. */
export const hangUp: Answer = (request) => {
  request.socket.destroy();
};

/** An answer that a test gives when it is time to. */
export function held(): { readonly answer: Answer; readonly came: Promise<ServerResponse> } {
  const { promise, resolve } = Promise.withResolvers<ServerResponse>();
  return { answer: (_request, response) => resolve(response), came: promise };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
