import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import Fastify, { type FastifyInstance } from "fastify";
import { afterEach, expect, test } from "vitest";
import { sendLines } from "#origin/send-lines.ts";

const LINE = { type: "object", properties: { text: { type: "string" } } };
const BATCHES = 2_000;
const BATCH_BYTES = 100_000;

let app: FastifyInstance;
afterEach(() => app.close());

/** What was asked of the source, and when it was let go. */
type Source = { asked: number; readonly left: Promise<void> };

/** A server that answers lines, 200 MB of them unless one of its batches fails. */
async function serve(failsAt = Number.POSITIVE_INFINITY): Promise<{ source: Source; url: string }> {
  const { promise: left, resolve } = Promise.withResolvers<void>();
  const source = { asked: 0, left };
  async function* batches() {
    try {
      for (; source.asked < BATCHES; source.asked++) {
        if (source.asked === failsAt) throw new Error("the database is gone");
        yield [{ text: "x".repeat(BATCH_BYTES), secret: "not in the schema" }];
      }
    } finally {
      resolve();
    }
  }
  app = Fastify();
  app.get("/", (_request, reply) => sendLines(reply, batches(), LINE));
  const url = await app.listen({ port: 0, host: "127.0.0.1" });
  return { source, url };
}

async function open(url: string): Promise<IncomingMessage> {
  const request = get(url);
  const [response]: IncomingMessage[] = await once(request, "response");
  if (response === undefined) throw new Error("there is no response");
  return response;
}

test("writes what the schema names, a line each", async () => {
  const { url } = await serve();
  const response = await open(url);
  expect(response.headers["content-type"]).toBe("application/x-ndjson");
  let bytes = 0;
  let first = "";
  for await (const chunk of response) {
    if (first.length < BATCH_BYTES + 100) first += chunk;
    bytes += chunk.length;
  }
  expect(first.split("\n")[0]).toBe(JSON.stringify({ text: "x".repeat(BATCH_BYTES) }));
  expect(bytes).toBe(BATCHES * (BATCH_BYTES + '{"text":""}\n'.length));
});

test("asks for no more than a client takes, and lets go when it leaves", async () => {
  const { source, url } = await serve();
  const response = await open(url);
  let before = -1;
  // Until what the two sockets hold is full.
  await expect
    .poll(() => {
      const hasStopped = source.asked === before;
      before = source.asked;
      return hasStopped;
    })
    .toBe(true);
  expect(source.asked).toBeLessThan(BATCHES / 4);
  response.destroy();
  await source.left;
});

test("breaks the connection off when the source fails, so that half of it is not taken for all", async () => {
  const { source, url } = await serve(30);
  const response = await open(url);
  await expect(Array.fromAsync(response)).rejects.toThrow("aborted");
  expect(source.asked).toBe(30);
});

test("refuses as usual when the source fails before the first line", async () => {
  const { url } = await serve(0);
  expect((await fetch(url)).status).toBe(500);
});
