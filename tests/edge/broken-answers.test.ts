import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer, type Socket } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { contract } from "#shared/contract.ts";
import type { ProblemDocument } from "#shared/problems.ts";
import { AGAIN_WHEN_BLIND, type EdgeUnderTest, sighted, startEdgeUnderTest } from "#tests/support/edge.ts";

/** An origin that writes what it likes to the socket, once it has read a request's head. */
async function startRawOrigin() {
  let asked = 0;
  const sockets = new Set<Socket>();
  const raw = { respond: (_socket: Socket, _head: string): void => undefined };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
    socket.on("data", (chunk) => {
      asked++;
      raw.respond(socket, String(chunk));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return Object.assign(raw, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: () => asked,
    open: () => sockets.size,
    stop: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  });
}

const JSON_HEAD = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
const LINES_HEAD = "HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\n";
const EXPORT = contract.exportProducts;

let raw: Awaited<ReturnType<typeof startRawOrigin>>;
let edge: EdgeUnderTest;
let authorization: string;
beforeAll(async () => {
  raw = await startRawOrigin();
  const keys = await startEdgeUnderTest();
  edge = await startEdgeUnderTest({
    variables: { ...sighted(), ORIGIN_URLS: raw.url, JWKS_URL: `${keys.origin.url}/.well-known/jwks.json` },
  });
  keys.origin.keys = edge.origin.keys;
  authorization = `Bearer ${await edge.token({ scope: "catalog:read catalog:write" })}`;
  return () => keys.stop();
});
beforeEach(async () => {
  raw.respond = (socket) => socket.end(`${JSON_HEAD}content-length: 2\r\nconnection: close\r\n\r\n{}`);
  await vi.waitFor(async () => expect((await get("/v1/me")).status).toBe(200), { timeout: 5_000 });
});
afterAll(async () => {
  await edge.stop();
  raw.stop();
});

const get = (path: string) => fetch(edge.url + path, { headers: { authorization } });
async function codeOf(answer: Response): Promise<[number, string, boolean]> {
  const { code, requestId } = (await answer.json()) as ProblemDocument;
  const isWhole = requestId === answer.headers.get("x-request-id") && answer.headers.has("retry-after");
  return [answer.status, code, isWhole];
}
/** Sends this in place of an answer, then ends the connection if it says so. */
const say = (text: string, end: boolean) => {
  raw.respond = (socket) => (end ? socket.end(text) : socket.write(text));
};

describe("an answer that breaks off", () => {
  const cut = `${JSON_HEAD}content-length: 100\r\n\r\n{"id":`;
  const cutChunk = `${JSON_HEAD}transfer-encoding: chunked\r\n\r\n6\r\n{"id":\r\n`;

  it.each([
    ["shorter than its length", cut],
    ["without its last chunk", cutChunk],
  ])("%s, is neither passed on nor stored", AGAIN_WHEN_BLIND, async (_, text) => {
    const path = `/v1/products?pageSize=${_.length}`;
    say(text, true);
    expect(await codeOf(await get(path))).toEqual([503, "unavailable", true]);
    raw.respond = (socket) =>
      socket.end(`${JSON_HEAD}content-length: 11\r\nconnection: close\r\n\r\n{"data":[]}`);
    await vi.waitFor(
      async () => {
        const answer = await get(path);
        expect([answer.status, answer.headers.get("cf-cache-status"), await answer.text()]).toEqual([
          200,
          "MISS",
          '{"data":[]}',
        ]);
      },
      { timeout: 5_000 },
    );
  });

  it("is a problem while the client has seen nothing of it", async () => {
    say(cut, true);
    expect(await codeOf(await get("/v1/me"))).toEqual([503, "unavailable", true]);
  });

  it("breaks the client's connection once some of it has been passed on", async () => {
    say(`${LINES_HEAD}transfer-encoding: chunked\r\n\r\n3\r\n{}\n\r\n`, true);
    const answer = await get(EXPORT.path);
    expect(answer.status).toBe(200);
    await expect(answer.text()).rejects.toThrow();
  });
});

describe("an answer that stops in the middle", () => {
  const stalled = `${JSON_HEAD}content-length: 100\r\n\r\n{"id":`;

  it.each(["/v1/me", "/v1/products?pageSize=31"])("is given up when the budget is over: %s", async (path) => {
    say(stalled, false);
    const startedAt = performance.now();
    expect(await codeOf(await get(path))).toEqual([504, "deadline-exceeded", true]);
    expect(performance.now() - startedAt).toBeLessThan(6_000);
    await vi.waitFor(() => expect(raw.open()).toBe(0), { timeout: 1_000 });
  });
});

describe("an answer that is none of the contract's", () => {
  const html = "content-type: text/html\r\ncontent-length: 4\r\nconnection: close\r\n\r\n<p>x";
  it.each([
    ["a page of a proxy", `HTTP/1.1 502 Bad Gateway\r\n${html}`, 502, "bad-gateway"],
    ["a page with 200", `HTTP/1.1 200 OK\r\n${html}`, 502, "bad-gateway"],
    [
      "a redirect to a page",
      "HTTP/1.1 302 Found\r\nlocation: https://other.test/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
      502,
      "bad-gateway",
    ],
    [
      "a problem that is cut off",
      'HTTP/1.1 503 X\r\ncontent-type: application/problem+json\r\ncontent-length: 5\r\nconnection: close\r\n\r\n{"cod',
      502,
      "bad-gateway",
    ],
    [
      "a status beyond all",
      "HTTP/1.1 999 What\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
      503,
      "unavailable",
    ],
    ["no HTTP at all", "\x00\xff nonsense\r\n\r\n", 503, "unavailable"],
  ])("is replaced: %s", async (_, text, status, code) => {
    say(text, true);
    expect(await codeOf(await get("/v1/me"))).toEqual([status, code, true]);
  });

  it.each([
    ["a page with 200", `HTTP/1.1 200 OK\r\n${html}`, 32],
    [
      "a redirect",
      "HTTP/1.1 302 Found\r\nlocation: https://other.test/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
      33,
    ],
  ])("is not stored either: %s", async (_, text, pageSize) => {
    say(text, true);
    expect(await codeOf(await get(`/v1/products?pageSize=${pageSize}`))).toEqual([502, "bad-gateway", true]);
  });
});

it("lets the origin's socket go when the client of a stream does", async () => {
  let written = 0;
  raw.respond = (socket) => {
    socket.write(`${LINES_HEAD}transfer-encoding: chunked\r\n\r\n`);
    const timer = setInterval(() => {
      written++;
      socket.write("3\r\n{}\n\r\n");
    }, 20);
    socket.on("close", () => clearInterval(timer));
  };
  const controller = new AbortController();
  const answer = await fetch(edge.url + EXPORT.path, {
    headers: { authorization },
    signal: controller.signal,
  });
  await answer.body?.getReader().read();
  controller.abort();
  await vi.waitFor(() => expect(raw.open()).toBe(0), { timeout: 5_000 });
  expect(written).toBeGreaterThan(0);
});
