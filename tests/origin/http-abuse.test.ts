import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Ammunition, abuses } from "#tests/support/http-abuse.ts";
import { talk } from "#tests/support/http-talk.ts";
import { type OwnOrigin, signAssertion, startOwnOrigin } from "#tests/support/origin.ts";

let origin: OwnOrigin;
beforeAll(async () => {
  origin = await startOwnOrigin();
});
afterAll(() => origin.stop());

/** Head lines of a request that the origin takes, without their end. */
function good(method: string, path: string, ...headers: readonly string[]): string {
  const assertion = `gatehouse-assertion: ${signAssertion({ target: `${method} ${path}` })}`;
  return [`${method} ${path} HTTP/1.1`, "Host: origin.test", assertion, ...headers].join("\r\n");
}

const NEXT = "next-request";
const next = () =>
  `${good("GET", "/problems/internal", `X-Request-Id: ${NEXT}`, "Connection: close")}\r\n\r\n`;

/** Something that only an answer to the smuggled request has in it. */
const SMUGGLED = "/problems/not-found";

describe("on the origin's socket", () => {
  test.each(abuses.map((abuse) => [abuse.name, abuse] as const))("%s", async (_, abuse) => {
    const ammunition: Ammunition = {
      smuggled: `${good("GET", SMUGGLED)}\r\n\r\n`,
      post: good("POST", "/v1/auth/logout", "Content-Type: application/json"),
      get: good("GET", "/problems/unavailable"),
    };
    const replies = await talk(origin.url, abuse.bytes(ammunition) + next());
    const isNext = abuse.after === "next is answered";
    expect(replies.map(({ status }) => status)).toEqual([...abuse.statuses, ...(isNext ? [200] : [])]);
    const refusals = replies.slice(0, abuse.statuses.length);
    for (const { head, body } of refusals) {
      expect(head).toContain("content-type: application/problem+json");
      const requestId = /^x-request-id: (.+)$/m.exec(head)?.[1];
      expect(JSON.parse(body).requestId).toBe(requestId);
      expect(/^connection: close$/m.test(head)).toBe(!isNext);
    }
    if (isNext) expect(replies.at(-1)?.head).toContain(`x-request-id: ${NEXT}`);
    expect(replies.some(({ body }) => body.includes(`"type":"${SMUGGLED}"`))).toBe(false);
  });

  test("requests that are sent without waiting are answered in their order, each under its own id", async () => {
    const ids = Array.from({ length: 30 }, (_, index) => `pipelined-${index}`);
    const all = ids.map((id) => `${good("GET", "/problems/internal", `X-Request-Id: ${id}`)}\r\n\r\n`);
    const replies = await talk(origin.url, all.join("") + next());
    expect(replies.map(({ head }) => /^x-request-id: (.+)$/m.exec(head)?.[1])).toEqual([...ids, NEXT]);
  });

  test("of requests that are sent without waiting only so many are worked on, so that their answers fill no heap", async () => {
    const one = `${good("GET", "/problems/internal")}\r\n\r\n`;
    const replies = await talk(origin.url, one.repeat(200) + next());
    const statuses = replies.map(({ status }) => status);
    expect(statuses).toHaveLength(201);
    expect(statuses.filter((status) => status === 503).length).toBeGreaterThan(100);
    expect(statuses.slice(0, 32)).toEqual(Array(32).fill(200));
    expect(replies.find(({ status }) => status === 503)?.head).toMatch(/^retry-after: \d+/im);
  });

  test("the body of a request that was refused unread is no next request", async () => {
    const inside = `${good("GET", SMUGGLED)}\r\n\r\n`;
    const unsigned = `POST /v1/products HTTP/1.1\r\nHost: x\r\nContent-Length: ${inside.length}\r\n\r\n${inside}`;
    const replies = await talk(origin.url, unsigned + next());
    expect(replies.map(({ status }) => status)).toEqual([401, 200]);
    expect(replies[1]?.head).toContain(NEXT);
  });

  test("what cannot be read is answered after the requests before it, and is not the answer to one of them", async () => {
    const first = () => `${good("GET", "/problems/internal", `X-Request-Id: ${NEXT}`)}\r\n\r\n`;
    for (let turn = 0; turn < 20; turn++) {
      const replies = await talk(origin.url, `${first()}${first()}no request at all\r\n\r\n`);
      expect(replies.map(({ status }) => status)).toEqual([200, 200, 400]);
    }
  });

  test("what follows the last request of a connection is neither read nor answered", async () => {
    for (const more of [next(), "no request at all\r\n\r\n"]) {
      const replies = await talk(origin.url, next() + more);
      expect(replies.map(({ status }) => status)).toEqual([200]);
    }
  });

  test("a body that cannot be read to its end is one refusal, sent before or when it shows", async () => {
    const chunks = "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\nxyz\r\n";
    const unsigned = await talk(origin.url, `POST /v1/products HTTP/1.1\r\nHost: x\r\n${chunks}`);
    expect(unsigned.map(({ status }) => status)).toEqual([401]);
    const signed = good("POST", "/v1/auth/logout", "Content-Type: application/json");
    const refused = await talk(origin.url, `${signed}\r\n${chunks}`);
    expect(refused.map(({ status }) => status)).toEqual([400]);
  });

  test("100-continue is answered before the body, and the answer follows it", async () => {
    const post = good("POST", "/v1/auth/logout", "Content-Type: application/json", "Expect: 100-continue");
    const replies = await talk(origin.url, `${post}\r\nContent-Length: 2\r\n\r\n{}${next()}`);
    expect(replies.map(({ status }) => status)).toEqual([400, 200]);
  });

  test("OPTIONS *, TRACE and the absolute form are refused even when they are signed", async () => {
    const ask = async (method: string, target: string) => {
      const [reply] = await talk(origin.url, `${good(method, target, "Connection: close")}\r\n\r\n`);
      return [reply?.status, JSON.parse(reply?.body ?? "").code];
    };
    expect(await ask("OPTIONS", "*")).toEqual([400, "non-canonical-path"]);
    expect(await ask("TRACE", "/v1/products")).toEqual([404, "unknown-route"]);
    expect(await ask("GET", "http://x/v1/products")).toEqual([400, "non-canonical-path"]);
  });

  test.each([
    ["half a request line", "GET /v1/prod"],
    ["half the headers", "GET / HTTP/1.1\r\nHost: x\r\nX-A"],
    [
      "half a body",
      () =>
        `${good("POST", "/v1/auth/logout", "Content-Type: application/json")}\r\nContent-Length: 50\r\n\r\n{`,
    ],
    [
      "half a chunk",
      () =>
        `${good("POST", "/v1/auth/logout", "Content-Type: application/json")}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{`,
    ],
  ])("a client that leaves after %s leaves nothing behind", async (_, sent) => {
    const bytes = typeof sent === "string" ? sent : sent();
    const replies = await talk(origin.url, bytes, true);
    expect(replies.every(({ status }) => status === 400)).toBe(true);
    const { hostname, port } = new URL(origin.url);
    const socket = connect(Number(port), hostname);
    socket.write(bytes);
    socket.resetAndDestroy();
    await once(socket, "close");
    expect((await talk(origin.url, next())).map(({ status }) => status)).toEqual([200]);
  });

  test("none of it is an error of the origin's", () => {
    const bad = origin
      .lines()
      .filter(({ level, outcome }) => level !== "info" && level !== "debug" && outcome !== "overloaded");
    expect(bad).toEqual([]);
  });
});
