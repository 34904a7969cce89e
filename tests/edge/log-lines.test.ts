import { afterAll, beforeAll, expect, test } from "vitest";
import { type EdgeUnderTest, startEdgeUnderTest } from "#tests/support/edge.ts";

const SLOW_MS = 100;

let edge: EdgeUnderTest;
const lines: Record<string, unknown>[] = [];

beforeAll(async () => {
  edge = await startEdgeUnderTest({
    variables: { LOG_SAMPLE_PERMILLE: "0", LOG_SLOW_MS: String(SLOW_MS) },
    onLog: (line) => lines.push(JSON.parse(line)),
  });
});
afterAll(() => edge.stop());

async function get(path: string, requestId: string): Promise<void> {
  const headers = { authorization: `Bearer ${await edge.token()}`, "x-request-id": requestId };
  await (await fetch(edge.url + path, { headers })).arrayBuffer();
}

test("of requests that are not sampled, the edge logs those that failed or were slow", async () => {
  await get("/v1/me", "success-in-time");
  edge.origin.answer = async () => {
    await new Promise((resolve) => setTimeout(resolve, SLOW_MS * 2));
    return {};
  };
  await get("/v1/me", "success-but-slow");
  edge.origin.answer = () => ({ status: 502, headers: { "content-type": "text/html" }, body: "oops" });
  await get("/v1/me", "failure-of-origin");
  await get("/v1/me?no=such", "failure-of-client");
  // Without Redis, the edge also says that it does not know what is revoked.
  const requests = () => lines.filter(({ latency_ms }) => latency_ms !== undefined);
  const told = () => requests().map(({ request_id, level, msg }) => [request_id, level, msg]);
  await expect.poll(() => told().length).toBeGreaterThanOrEqual(3);
  // A machine that is busy can make any request slow, but none of them well.
  expect(told()).toContainEqual(["success-but-slow", "warn", "slow request"]);
  expect(told()).toContainEqual(["failure-of-origin", "error", expect.any(String)]);
  expect(told().map(([id]) => id)).toContain("failure-of-client");
  const success = requests().find(({ request_id }) => request_id === "success-in-time");
  if (success !== undefined) expect(success["latency_ms"]).toBeGreaterThanOrEqual(SLOW_MS);
});
