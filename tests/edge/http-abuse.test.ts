import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type EdgeUnderTest, startEdgeUnderTest } from "#tests/support/edge.ts";
import { type Ammunition, abuses } from "#tests/support/http-abuse.ts";
import { talk } from "#tests/support/http-talk.ts";

/**
 * What the origin refuses on its socket, through workerd. Which of it the runtime takes is the runtime's to
 * say (on Cloudflare another one stands before it); that nobody gets two readings of one request is ours.
 */

let edge: EdgeUnderTest;
let token: string;
beforeAll(async () => {
  edge = await startEdgeUnderTest();
  edge.origin.answer = ({ method }) => ({ status: method === "POST" ? 201 : 200 });
  token = await edge.token();
});
beforeEach(() => {
  edge.origin.requests.length = 0;
});
afterAll(() => edge.stop());

function good(method: string, target: string, ...headers: readonly string[]): string {
  const authorization = `Authorization: Bearer ${token}`;
  return [`${method} ${target} HTTP/1.1`, "Host: edge.test", authorization, ...headers].join("\r\n");
}

const NEXT = "next-request";
const next = () => `${good("GET", "/v1/me", `X-Request-Id: ${NEXT}`, "Connection: close")}\r\n\r\n`;
const SMUGGLED = "/v1/products?q=smuggled";

/** Framings of which workerd makes one: what stands behind their end is the next request, and no smuggled one. */
const READ_AS_ONE = [
  "twice the same length",
  "a coding before chunked",
  "chunked twice",
  "a chunk size that ends in a space",
];
/** workerd's own answer to it: the Worker is never asked. */
const FAILS_THE_RUNTIME = ["CONNECT"];

describe("through workerd", () => {
  test.each(abuses.map((abuse) => [abuse.name, abuse] as const))("%s", async (name, abuse) => {
    const ammunition: Ammunition = {
      smuggled: `${good("GET", SMUGGLED)}\r\n\r\n`,
      post: good("POST", "/v1/categories", "Content-Type: application/json"),
      get: good("GET", "/v1/me"),
    };
    const replies = await talk(edge.url, abuse.bytes(ammunition) + next());
    const reached = [...edge.origin.requests];

    const isOneReading = READ_AS_ONE.includes(name);
    if (!isOneReading) expect(reached.filter(({ url }) => url === SMUGGLED)).toEqual([]);
    expect(replies.length).toBeLessThanOrEqual(isOneReading ? 3 : 2);
    // The next one is answered last and as itself, or not at all.
    const answersToNext = replies.flatMap(({ head }, index) => (head.includes(NEXT) ? [index] : []));
    expect(answersToNext.every((index) => index === replies.length - 1)).toBe(true);
    if (replies.length > 1) expect(answersToNext).toHaveLength(1);
    if (!FAILS_THE_RUNTIME.includes(name)) {
      expect(replies.map(({ status }) => status).filter((status) => status >= 500 && status !== 501)).toEqual(
        [],
      );
    }
    // Whatever reached the origin was written anew, with one framing.
    for (const { headers } of reached) {
      expect([headers["content-length"], headers["transfer-encoding"]].filter(Boolean).length).toBeLessThan(
        2,
      );
    }
    const [afterwards] = await talk(edge.url, next());
    expect([afterwards?.status, afterwards?.head.includes(NEXT)]).toEqual([200, true]);
  });

  test("requests that are sent without waiting are answered in their order, each under its own id", async () => {
    const ids = Array.from({ length: 20 }, (_, index) => `pipelined-${index}`);
    const all = ids.map((id) => `${good("GET", "/v1/me", `X-Request-Id: ${id}`)}\r\n\r\n`);
    const replies = await talk(edge.url, all.join("") + next());
    expect(replies.map(({ head }) => /^x-request-id: (.+)$/im.exec(head)?.[1])).toEqual([...ids, NEXT]);
  });

  test("the body of a request that was refused unread is no next request", async () => {
    const inside = `${good("GET", SMUGGLED)}\r\n\r\n`;
    const head = `POST /v1/categories HTTP/1.1\r\nHost: x\r\nContent-Length: ${inside.length}\r\n\r\n`;
    const replies = await talk(edge.url, head + inside + next());
    expect(replies[0]?.status).toBe(401);
    expect(edge.origin.requests.filter(({ url }) => url === SMUGGLED)).toEqual([]);
    expect(replies.slice(1).every((reply) => reply.head.includes(NEXT))).toBe(true);
  });
});
