import { createHash, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { LOOPBACK, portError } from "../ports.ts";
import type { Backend } from "./backend.ts";
import { commandOf, commandsOf, type Encoding, type Envelope, envelopeOf } from "./encoding.ts";
import { RedisError, toBytes } from "./reply.ts";

export type RestServer = { readonly url: string; readonly close: () => Promise<void> };
export type RestOptions = { readonly token: string /** Default: a free one. */; readonly port?: number };

type Answer = { readonly status: number; readonly body: Envelope | readonly Envelope[] };

const MAX_BODY_BYTES = 10 * 1024 * 1024;

/**
 * Serves Redis by Upstash's REST protocol (upstash.com/docs/redis/features/restapi) on the loopback
 * interface, so that edge and origin talk to it exactly as they talk to Upstash: single commands in
 * the body or in the path, /pipeline, /multi-exec, base64 replies; a bearer token on all of them.
 */
export async function serveRest(backend: Backend, { token, port = 0 }: RestOptions): Promise<RestServer> {
  const expected = digest(`Bearer ${token}`);
  const server = createServer(async (request, response) => {
    const authorised = timingSafeEqual(digest(request.headers.authorization ?? ""), expected);
    const answer = authorised ? await answerTo(backend, request) : refusal(401, "Unauthorized");
    send(response, answer);
  });
  server.listen(port, LOOPBACK);
  try {
    await once(server, "listening");
  } catch (error) {
    throw portError(port, "the Redis REST endpoint", error);
  }
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return {
    url: `http://${LOOPBACK}:${address.port}`,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

async function answerTo(backend: Backend, request: IncomingMessage): Promise<Answer> {
  const encoding: Encoding = request.headers["upstash-encoding"] === "base64" ? "base64" : "text";
  const url = new URL(request.url ?? "/", "http://redis");
  try {
    const body = await read(request);
    if (body === null) return refusal(413, "ERR max request size exceeded");
    switch (url.pathname) {
      case "/":
        return await single(backend, commandOf(parse(body)), encoding);
      case "/pipeline":
        return await pipeline(backend, commandsOf(parse(body)), encoding);
      case "/multi-exec":
        return await transaction(backend, commandsOf(parse(body)), encoding);
      default:
        return await single(backend, commandIn(url, body), encoding);
    }
  } catch (error) {
    return refusal(500, `ERR ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function single(backend: Backend, command: string[] | null, encoding: Encoding): Promise<Answer> {
  if (command === null) return unparsable();
  const envelope = envelopeOf(await backend.execute(command), encoding);
  return { status: "error" in envelope ? 400 : 200, body: envelope };
}

async function pipeline(backend: Backend, commands: string[][] | null, encoding: Encoding): Promise<Answer> {
  if (commands === null) return unparsable();
  const replies = await Promise.all(commands.map((command) => backend.execute(command)));
  return { status: 200, body: replies.map((reply) => envelopeOf(reply, encoding)) };
}

async function transaction(
  backend: Backend,
  commands: string[][] | null,
  encoding: Encoding,
): Promise<Answer> {
  if (commands === null) return unparsable();
  const reply = await backend.transaction(commands);
  if (reply instanceof RedisError) return { status: 400, body: envelopeOf(reply, encoding) };
  const replies = Array.isArray(reply) ? reply : [reply];
  return { status: 200, body: replies.map((one) => envelopeOf(one, encoding)) };
}

/** `/set/key/value?EX=100`: the path, then a body as the last argument, then the query. */
function commandIn({ pathname, searchParams }: URL, body: string): string[] {
  const path = pathname.slice(1).split("/").map(decodeURIComponent);
  const options = [...searchParams].flatMap(([name, value]) => (value === "" ? [name] : [name, value]));
  return [...path, ...(body === "" ? [] : [body]), ...options].map(toBytes);
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

function unparsable(): Answer {
  return refusal(400, "ERR failed to parse command");
}

function refusal(status: number, error: string): Answer {
  return { status, body: { error } };
}

async function read(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function send(response: ServerResponse, { status, body }: Answer): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
  });
  response.end(text);
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
