import { once } from "node:events";
import { createServer, request as httpRequest } from "node:http";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startCacheProxy } from "#scripts/cache-proxy/start.ts";
import { rawRequest } from "#tests/support/raw-http.ts";
import { type Running, startInFront, statusOf, TIMEOUT_MS } from "./running.ts";
import { answer, held } from "./upstream.ts";

/** What the cache passes on, and how it fails. */

let running: Running;

beforeAll(async () => {
  running = await startInFront();
});
afterAll(() => running.stop());

const FRESH = { "cache-control": "max-age=60" };

describe("requests for the same at once", () => {
  test("are one request to the upstream", async () => {
    const { get, upstream } = running;
    const { answer: later, came } = held();
    upstream.script("/once", later);
    const replies = Array.from({ length: 200 }, () => get("/once"));
    const response = await came;
    response.writeHead(200, FRESH).end("one");
    const texts = await Promise.all((await Promise.all(replies)).map((reply) => reply.text()));
    expect(new Set(texts)).toEqual(new Set(["one"]));
    expect(upstream.asked("/once")).toHaveLength(1);
  });

  test("do not suffer when the first one's client leaves", async () => {
    const { get, upstream } = running;
    const { answer: later, came } = held();
    upstream.script("/left", later, answer(FRESH, "two"));
    const leaving = new AbortController();
    const first = get("/left", { signal: leaving.signal }).catch(() => "left");
    const response = await came;
    const others = [get("/left"), get("/left")];
    leaving.abort();
    expect(await first).toBe("left");
    response.writeHead(200, FRESH).end("one");
    for (const reply of await Promise.all(others)) expect(reply.status).toBe(200);
  });

  test("each get their own answer when it is private", async () => {
    const { get, upstream } = running;
    let count = 0;
    const own = (_: unknown, response: import("node:http").ServerResponse) => {
      count++;
      response.writeHead(200, { "cache-control": "private" }).end(String(count));
    };
    upstream.script("/own", own);
    const replies = await Promise.all(Array.from({ length: 20 }, () => get("/own")));
    const texts = await Promise.all(replies.map((reply) => reply.text()));
    expect(new Set(texts).size).toBe(20);
  });
});

describe("what is passed on", () => {
  test("streams when it is not to be stored", async () => {
    const { get, upstream } = running;
    const { answer: later, came } = held();
    upstream.script("/stream", later);
    const asking = get("/stream");
    const response = await came;
    response.writeHead(200, { "cache-control": "no-store" });
    response.write("first");
    const reader = (await asking).body?.getReader();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe("first");
    response.end("second");
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe("second");
  });

  test("is whole when it is too large to store", async () => {
    const { get, upstream } = running;
    const body = Buffer.alloc(1_000_000, "x");
    upstream.script("/large", answer(FRESH, body));
    for (let i = 0; i < 2; i++) {
      const reply = await get("/large");
      expect(statusOf(reply)).toEqual([200, "MISS"]);
      expect(Buffer.from(await reply.arrayBuffer()).equals(body)).toBe(true);
    }
  });

  test("has all header fields but those of one connection, both ways", async () => {
    const { url, upstream } = running;
    upstream.script(
      "/hops",
      answer({ connection: "x-hop", "x-hop": "1", "x-end": "1", "proxy-connection": "x" }),
    );
    const reply = await rawRequest(url, "GET /hops", [
      "Connection: x-mine",
      "X-Mine: 1",
      "X-End: a",
      "X-End: b",
      "Te: trailers",
      "Gatehouse-Relay: forged PURGE",
      "User-Agent: test",
      "CF-Connecting-IP: 192.0.2.1",
      "CF-Worker: mine",
    ]);
    expect([reply.headers.get("x-end"), reply.headers.has("x-hop")]).toEqual(["1", false]);
    expect(reply.headers.has("proxy-connection")).toBe(false);
    const { headers, method } = upstream.asked("/hops")[0] ?? {};
    expect([method, headers?.["x-end"], headers?.["user-agent"]]).toEqual(["GET", "a, b", "test"]);
    for (const name of ["x-mine", "te", "gatehouse-relay"]) expect(headers?.[name]).toBeUndefined();
    expect([headers?.["cf-connecting-ip"], headers?.["cf-worker"]]).toEqual(["192.0.2.1", "mine"]);
    await rawRequest(url, "GET /hops", []);
    expect(Object.keys(upstream.asked("/hops")[1]?.headers ?? {})).toEqual(["host", "connection"]);
  });

  test("has the body of a GET, which workerd would not send, and is never stored", async () => {
    const { url, upstream } = running;
    // Who is answered before all of it has come need not send the rest.
    upstream.script("/asked-with-body", (request, response) =>
      request.on("end", () => response.writeHead(200, FRESH).end()),
    );
    for (const framing of ["Content-Length: 5", "Transfer-Encoding: chunked"]) {
      const body = framing.startsWith("C") ? "hello" : "5\r\nhello\r\n0\r\n\r\n";
      const { status } = await rawRequest(url, "GET /asked-with-body", [framing], body);
      const asked = upstream.asked("/asked-with-body").at(-1);
      expect([status, asked?.method, await asked?.body]).toEqual([200, "GET", "hello"]);
    }
    expect(upstream.asked("/asked-with-body")).toHaveLength(2);
  });

  test("says of a rare method without a body that it has none, and of a TRACE nothing (RFC 9110 §9.3.8)", async () => {
    const { url, upstream } = running;
    for (const [method, length] of [
      ["PURGE", "0"],
      ["TRACE", undefined],
    ] as const) {
      const path = `/bare-${method}`;
      upstream.script(path, answer({}));
      await rawRequest(url, `${method} ${path}`, []);
      const { headers } = upstream.asked(path)[0] ?? {};
      expect([headers?.["content-length"], headers?.["transfer-encoding"]]).toEqual([length, undefined]);
    }
  });

  test("comes from a client of HTTP/1.0 without Host, too", async () => {
    const { url, upstream } = running;
    upstream.script("/old", answer({}));
    const client = connect(Number(new URL(url).port), "127.0.0.1");
    client.write("GET /old HTTP/1.0\r\n\r\n");
    expect(String((await once(client, "data"))[0])).toContain(" 200 OK");
    client.destroy();
    expect(upstream.asked("/old")).toHaveLength(1);
  });

  test("has header values byte for byte, which workerd would take for UTF-8 and spoil", async () => {
    const { get, upstream } = running;
    const [latin, utf8] = ["a\u00fc", "a\u00c3\u00bc"];
    upstream.script(
      "/bytes",
      answer({ ...FRESH, vary: "x-q", "x-l": latin, "x-u": utf8 }, Buffer.from("body")),
    );
    const words = [];
    for (const asked of [latin, latin, utf8, "a\u00e4"]) {
      const { headers } = await get("/bytes", { headers: { "x-q": asked } });
      expect([headers.get("x-l"), headers.get("x-u")]).toEqual([latin, utf8]);
      words.push(headers.get("cf-cache-status"));
    }
    expect(words).toEqual(["MISS", "HIT", "MISS", "MISS"]);
    const asked = upstream.asked("/bytes").map(({ headers }) => headers["x-q"]);
    expect(asked).toEqual([latin, utf8, "a\u00e4"]);
  });

  test("includes the conditions and ranges of a request that nothing stored answers", async () => {
    const { get, upstream } = running;
    upstream.script("/part", answer({ ...FRESH, "content-range": "bytes 0-0/4" }, "b", 206));
    expect((await get("/part", { headers: { range: "bytes=0-0" } })).status).toBe(206);
    expect(upstream.asked("/part")[0]?.headers.range).toBe("bytes=0-0");
    upstream.script("/unchanged", answer({ etag: '"a"' }, "", 304));
    expect((await get("/unchanged", { headers: { "if-none-match": '"a"' } })).status).toBe(304);
  });

  test("includes early hints, which are not stored", async () => {
    const { url, upstream } = running;
    upstream.script("/hints", (_request, response) => {
      response.writeEarlyHints({ link: "</a.css>; rel=preload", "x-hint": "1" });
      response.writeProcessing();
      response.writeHead(200, FRESH).end("body");
    });
    const interim = async () => {
      const asking = httpRequest(`${url}/hints`);
      const seen: [number, string | undefined][] = [];
      asking.on("information", ({ statusCode, headers }) =>
        seen.push([statusCode, headers["link"]?.toString()]),
      );
      asking.end();
      const [response] = await once(asking, "response");
      response.resume();
      return { seen, hint: response.headers["x-hint"], word: response.headers["cf-cache-status"] };
    };
    const first = await interim();
    expect(first.seen).toEqual([
      [103, "</a.css>; rel=preload"],
      [102, undefined],
    ]);
    expect([first.hint, first.word]).toEqual([undefined, "MISS"]);
    expect(await interim()).toEqual({ seen: [], hint: undefined, word: "HIT" });
  });
});

describe("an upstream", () => {
  test("that does not answer in time is a 504", async () => {
    const { get, upstream } = running;
    upstream.script("/slow", () => undefined);
    const reply = await get("/slow");
    expect([reply.status, reply.headers.get("cache-status")]).toEqual([504, null]);
    expect(await reply.text()).toContain("in time");
  });

  test("that is away is a 502 at once, and comes back", async () => {
    const alone = await startInFront();
    const { get, upstream } = alone;
    upstream.script("/kept", answer({ ...FRESH, age: "100" }));
    await get("/kept");
    await upstream.stop();
    const reply = await get("/other");
    expect([reply.status, await reply.text()]).toEqual([502, "The upstream cannot be reached.\n"]);
    expect(statusOf(await get("/kept"))).toEqual([200, "STALE"]);
    await alone.stop().catch(() => undefined);
  });

  test("that switches protocols is joined with its client", async () => {
    const server = createServer();
    server.on("upgrade", (_request, socket) => {
      socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n");
      socket.pipe(socket);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as import("node:net").AddressInfo;
    const options = {
      upstream: `http://127.0.0.1:${port}`,
      port: 0,
      maxBytes: 1_000_000,
      timeoutMs: TIMEOUT_MS,
    };
    const proxy = await startCacheProxy({ ...options, direct: false });
    const client = connect(Number(new URL(proxy.url).port), "127.0.0.1");
    client.write("GET / HTTP/1.1\r\nHost: x\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n");
    expect(String((await once(client, "data"))[0])).toContain("101 Switching Protocols");
    client.write("hello");
    expect(String((await once(client, "data"))[0])).toBe("hello");
    client.destroy();
    await proxy.stop();
    server.close();
  });
});

describe("the command", () => {
  test("says which port is taken", async () => {
    const port = Number(new URL(running.url).port);
    const options = { upstream: running.upstream.url, port, maxBytes: 1_000_000, timeoutMs: TIMEOUT_MS };
    for (const direct of [false, true]) {
      await expect(startCacheProxy({ ...options, direct }, "")).rejects.toThrow(`Port ${port} is taken`);
    }
  });

  test("caches on workerd's own socket too", async () => {
    const direct = await startInFront(true);
    direct.upstream.script("/direct", answer(FRESH));
    expect(statusOf(await direct.get("/direct"))).toEqual([200, "MISS"]);
    expect(statusOf(await direct.get("/direct"))).toEqual([200, "HIT"]);
    await direct.stop();
  });
});
