import { expect, test } from "vitest";
import { createLogger } from "#origin/log.ts";

function linesOf(log: (logger: ReturnType<typeof createLogger>) => void): Record<string, unknown>[] {
  const lines: string[] = [];
  log(createLogger("info", { write: (line) => lines.push(line) }));
  return lines.map((line) => JSON.parse(line));
}

test("no secret is logged, however deep the object that holds it", () => {
  const secrets = { Authorization: "Basic cw==", "gatehouse-assertion": "s.s", cookie: "s", kept: 1 };
  const [line] = linesOf((logger) =>
    logger.info(
      {
        ...secrets,
        request: { headers: secrets, bodies: [Object.assign(Object.create(null), { client_secret: "s" })] },
      },
      "asked",
    ),
  );
  const redacted = {
    Authorization: "[redacted]",
    "gatehouse-assertion": "[redacted]",
    cookie: "[redacted]",
    kept: 1,
  };
  expect(line).toMatchObject({
    ...redacted,
    request: { headers: redacted, bodies: [{ client_secret: "[redacted]" }] },
  });
});

test("an error is still described", () => {
  const [line] = linesOf((logger) => logger.error({ err: new TypeError("broken") }, "failed"));
  expect(line).toMatchObject({ level: "error", err: { type: "TypeError", message: "broken" } });
});

test("a child's own line is redacted as well", () => {
  const [line] = linesOf((logger) => logger.child({ request_id: "1" }).info({ password: "s" }, "asked"));
  expect(line).toMatchObject({ request_id: "1", password: "[redacted]" });
});

test("a line of plain values, which is written by itself, is what pino writes", () => {
  const details = {
    text: 'a"\\\n\u2028\ud800',
    none: null,
    absent: undefined,
    number: 1.5,
    nan: Number.NaN,
    yes: true,
  };
  const lines: string[] = [];
  const logger = createLogger("info", { write: (line) => lines.push(line) });
  for (const one of [details, {}, new Error("broken"), [1], { n: 1n }]) {
    logger.warn(one, 'said "so"');
    logger.child({}).warn(one, 'said "so"');
    const [own, its] = lines.splice(0).map((line) => line.replace(/"time":"[^"]+"/, '"time":""'));
    expect(own).toBe(its);
  }
  logger.debug(details, "too low");
  logger.info(details, "%s", "said");
  expect(lines.splice(0).map((line) => JSON.parse(line).msg)).toEqual(["said"]);
});
