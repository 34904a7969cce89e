import { expect, test } from "vitest";
import { type LogLine, observed } from "#edge/observe.ts";

test("a failure of the edge's own is logged with its kind and place, not with a message that may quote a secret", async () => {
  const lines: { level: string; line: LogLine }[] = [];
  const options = {
    addressHeader: "x-address",
    logSampleRate: 0,
    slowAfterMs: () => 1_000,
    log: (level: string, line: LogLine) => lines.push({ level, line }),
    record: () => undefined,
    now: () => 0,
  };
  const handle = observed(options, function broken() {
    throw new TypeError('"the-secret" is not valid JSON');
  });
  const answer = await handle(new Request("http://edge.test/v1/me"), { waitUntil: () => undefined });
  expect(answer.status).toBe(500);
  expect(lines).toMatchObject([
    {
      level: "error",
      line: { outcome: "internal", err_type: "TypeError", err_stack: expect.stringMatching(/^at broken /) },
    },
  ]);
  expect(JSON.stringify(lines) + (await answer.text())).not.toContain("the-secret");
});
