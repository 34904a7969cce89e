import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type EdgeUnderTest, startEdgeUnderTest } from "#tests/support/edge.ts";

let edge: EdgeUnderTest;
const lines: string[] = [];
beforeAll(async () => {
  edge = await startEdgeUnderTest({ onLog: (line) => lines.push(line) });
  edge.origin.answer = () => ({ status: 201 });
});
afterAll(() => edge.stop());

const OF_LENGTH = ["Content-Length: 100", "", "x".repeat(50)].join("\r\n");
const IN_CHUNKS = ["Transfer-Encoding: chunked", "", "32", "x".repeat(50), ""].join("\r\n");

/** Sends the beginning of a body of 100 bytes, then does as `then` says, and reads what comes. */
async function begin(
  then: (send: (text: string) => void, end: () => void) => void,
  beginning = OF_LENGTH,
): Promise<string> {
  const { hostname, port, host } = new URL(edge.url);
  const socket = connect(Number(port), hostname);
  let answer = "";
  socket.on("data", (chunk) => {
    answer += chunk;
  });
  const head = [
    "POST /v1/products HTTP/1.1",
    `Host: ${host}`,
    "Connection: close",
    `Authorization: Bearer ${await edge.token()}`,
    "Content-Type: application/json",
    beginning,
  ];
  socket.write(head.join("\r\n"));
  then(
    (text) => socket.write(text),
    () => socket.end(),
  );
  await once(socket, "close");
  return answer;
}

it("answers 400 to a body that breaks off, which is no failure of the origin's", async () => {
  const answer = await begin((_, end) => setTimeout(end, 200));
  expect(answer).toMatch(/^HTTP\/1\.1 400 .*"code":"malformed-body"/s);
  const line = lines.find((text) => text.includes("malformed-body"));
  expect(line).toContain('"level":"info"');
  expect(edge.origin.requests).toEqual([]);
});

it("answers 400 to a body of unknown length that breaks off, of which the origin never sees an end", async () => {
  lines.length = 0;
  const answer = await begin((_, end) => setTimeout(end, 200), IN_CHUNKS);
  expect(answer).toMatch(/^HTTP\/1\.1 400 .*"code":"malformed-body"/s);
  expect(lines.find((text) => text.includes("malformed-body"))).toContain('"level":"info"');
  const garbled = await begin((send) => setTimeout(() => send("no length\r\n"), 200), IN_CHUNKS);
  expect(garbled).toMatch(/^HTTP\/1\.1 400 /);
  expect(edge.origin.requests).toEqual([]);
});

it("passes a body of unknown length on, however slowly it comes", async () => {
  const end = ["32", "y".repeat(50), "0", "", ""].join("\r\n");
  const answer = await begin((send) => setTimeout(() => send(end), 200), IN_CHUNKS);
  expect(answer).toMatch(/^HTTP\/1\.1 201 /);
  expect(edge.origin.requests.pop()?.body).toBe("x".repeat(50) + "y".repeat(50));
});

it("passes a body on with its length, however slowly it comes", async () => {
  const answer = await begin((send) => setTimeout(() => send("y".repeat(50)), 200));
  expect(answer).toMatch(/^HTTP\/1\.1 201 /);
  const [request] = edge.origin.requests;
  expect(request?.headers["content-length"]).toBe("100");
  expect(request?.body).toBe("x".repeat(50) + "y".repeat(50));
});

it("answers 503 when it is the origin that breaks off", async () => {
  edge.origin.cutsOff = (url) => url === "/v1/products";
  const answer = await begin((send) => setTimeout(() => send("y".repeat(20)), 200));
  expect(answer).toMatch(/^HTTP\/1\.1 503 .*"code":"unavailable"/s);
  const inChunks = await begin(
    (send) => setTimeout(() => send(["32", "y".repeat(50), ""].join("\r\n")), 200),
    IN_CHUNKS,
  );
  expect(inChunks).toMatch(/^HTTP\/1\.1 503 .*"code":"unavailable"/s);
});
