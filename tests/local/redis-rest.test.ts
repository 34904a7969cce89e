import { afterAll, beforeAll, expect, test } from "vitest";
import { LOOPBACK } from "#scripts/local/ports.ts";
import { type RunningRedis, startRedis } from "#scripts/local/redis.ts";

const TOKEN = "rest-token";
let redis: RunningRedis;

beforeAll(async () => {
  redis = await startRedis({ token: TOKEN, kind: "in process" });
});
afterAll(() => redis.stop());

type Sent = { readonly method?: string; readonly body?: unknown; readonly headers?: Record<string, string> };

async function ask(path: string, { method = "POST", body, headers }: Sent = {}) {
  const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
  const response = await fetch(`${redis.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${TOKEN}`, ...headers },
    ...(text === undefined ? {} : { body: text }),
  });
  const answer: unknown = await response.json();
  return { status: response.status, answer };
}

test.each(["/", "/pipeline", "/multi-exec", "/get/key", "/get/key?_token=rest-token"])(
  "%s refuses a missing and a wrong token",
  async (path) => {
    for (const authorization of ["", "Bearer wrong", TOKEN, `bearer ${TOKEN}x`]) {
      expect(await ask(path, { body: ["PING"], headers: { authorization } })).toEqual({
        status: 401,
        answer: { error: "Unauthorized" },
      });
    }
  },
);

test("a command in the body is answered, and refused with 400 when Redis refuses it", async () => {
  expect(await ask("/", { body: ["SET", "single", 1] })).toEqual({ status: 200, answer: { result: "OK" } });
  expect(await ask("/", { body: ["GET", "single"] })).toEqual({ status: 200, answer: { result: "1" } });
  expect(await ask("/", { body: ["HGET", "single", "x"] })).toEqual({
    status: 400,
    answer: { error: expect.stringMatching(/^WRONGTYPE /) },
  });
});

test("a command in the path is answered, with a body and a query as further arguments", async () => {
  expect(await ask("/set/path/a%20b?EX=100", { method: "GET" })).toEqual({
    status: 200,
    answer: { result: "OK" },
  });
  expect(await ask("/get/path", { method: "GET" })).toEqual({ status: 200, answer: { result: "a b" } });
  expect(await ask("/ttl/path", { method: "GET" })).toEqual({ status: 200, answer: { result: 100 } });
  await ask("/set/path", { body: "from the body" });
  expect(await ask("/get/path", { method: "GET" })).toEqual({
    status: 200,
    answer: { result: "from the body" },
  });
});

test.each(["", "{", "{}", "[]", '[["GET"]]', "[null]", '"PING"'])(
  "a body that is no command is refused: %j",
  async (body) => {
    expect(await ask("/", { body })).toEqual({
      status: 400,
      answer: { error: "ERR failed to parse command" },
    });
  },
);

test("a pipeline answers each command by itself", async () => {
  const body = [
    ["SET", "piped", "1"],
    ["INCR", "piped"],
    ["HGET", "piped", "x"],
    ["GET", "piped"],
  ];
  expect(await ask("/pipeline", { body })).toEqual({
    status: 200,
    answer: [
      { result: "OK" },
      { result: 2 },
      { error: expect.stringMatching(/^WRONGTYPE/) },
      { result: "2" },
    ],
  });
  expect((await ask("/pipeline", { body: ["GET", "piped"] })).status).toBe(400);
});

test("a transaction answers each command, or is refused as a whole when one cannot be", async () => {
  const body = [
    ["SET", "moved", "1"],
    ["INCR", "moved"],
  ];
  expect(await ask("/multi-exec", { body })).toEqual({
    status: 200,
    answer: [{ result: "OK" }, { result: 2 }],
  });
  expect(await ask("/multi-exec", { body: [["INCR", "moved"], ["NOSUCH"]] })).toEqual({
    status: 400,
    answer: { error: expect.stringMatching(/^EXECABORT/) },
  });
  expect((await ask("/get/moved")).answer).toEqual({ result: "2" });
});

test("replies are in base64 when asked for, but for OK, numbers, nothing and errors", async () => {
  const headers = { "upstash-encoding": "base64" };
  const body = [
    ["SET", "b", "Grüße"],
    ["GET", "b"],
    ["GET", "absent"],
    ["STRLEN"],
    ["EVAL", "return {1, 'zwei', {'OK'}, false}", 0],
    ["PING"],
  ];
  expect((await ask("/pipeline", { body, headers })).answer).toEqual([
    { result: "OK" },
    { result: Buffer.from("Grüße").toString("base64") },
    { result: null },
    { error: expect.stringMatching(/^ERR /) },
    { result: [1, btoa("zwei"), ["OK"], null] },
    { result: btoa("PONG") },
  ]);
});

test("a taken port is named in one sentence", async () => {
  const port = Number(new URL(redis.url).port);
  await expect(startRedis({ token: TOKEN, kind: "in process", port })).rejects.toThrow(
    new RegExp(`^Port ${port}, which the Redis REST endpoint needs, is taken: .*\\.$`),
  );
});

test("a Redis server that cannot be reached is named in one sentence", async () => {
  await expect(startRedis({ token: TOKEN, redisUrl: `redis://${LOOPBACK}:1` })).rejects.toThrow(
    /^Redis at 127\.0\.0\.1:1 cannot be reached: .*\.$/,
  );
});
