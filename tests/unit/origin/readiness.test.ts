import { Registry } from "prom-client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createHealth } from "#origin/health.ts";
import { buildOps } from "#origin/ops.ts";

/** By which `/ready` answers, as docs/operating.md promises. */
const BOUND_MS = 2_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

type Run = () => Promise<unknown>;

/** An origin that serves, whose dependencies answer as they are told to. */
function build(run: { readonly database: Run; readonly redis: Run }) {
  const health = createHealth();
  for (const step of ["migrations", "signing-keys", "listening"] as const) health.done(step);
  health.watch([
    { name: "database", required: true, run: run.database },
    { name: "redis", required: false, run: run.redis },
  ]);
  const app = buildOps({ registry: new Registry(), health });
  return async function ready() {
    const answer = await app.inject("/ready");
    const { checks } = answer.json<{ readonly checks: readonly Record<string, unknown>[] }>();
    return {
      status: answer.statusCode,
      checks: checks.map(({ name, state, latency_ms }) => [name, state, latency_ms]),
    };
  };
}

const after = (ms: number) => () => new Promise((resolve) => setTimeout(resolve, ms));
const refusing = (ms: number) => () =>
  new Promise((_resolve, reject) => setTimeout(reject, ms, new Error("no")));
const never = () => new Promise(() => undefined);

/** What `asked` comes to when no more than the bound passes. */
async function withinBound<T>(asked: Promise<T>): Promise<T> {
  const answers: T[] = [];
  void asked.then((answer) => answers.push(answer));
  for (let passed = 0; passed < BOUND_MS && answers.length === 0; passed += 100) {
    await vi.advanceTimersByTimeAsync(100);
    // What the server does between, it does by no timer.
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
  }
  expect(answers, "answers within the bound").toHaveLength(1);
  return asked;
}

test("/ready tells each dependency's own latency, of those that refuse as of those that answer", async () => {
  const ready = build({ database: after(120), redis: refusing(700) });
  expect(await withinBound(ready())).toEqual({
    status: 200,
    checks: [
      ["database", "answers", 120],
      ["redis", "refuses", 700],
    ],
  });
});

test("/ready answers within 2 s though the database never does, and says that it is silent", async () => {
  const ready = build({ database: never, redis: after(3) });
  expect(await withinBound(ready())).toEqual({
    status: 503,
    checks: [
      ["database", "silent", 1_500],
      ["redis", "answers", 3],
    ],
  });
});

test("a dependency that is silent is asked once, however often /ready is, and each is answered at once from then on", async () => {
  let asked = 0;
  const ready = build({
    database: () => {
      asked++;
      return never();
    },
    redis: after(0),
  });
  await withinBound(ready());
  const { status, checks } = await withinBound(ready());
  expect([status, asked]).toEqual([503, 1]);
  expect(checks[0]?.slice(0, 2)).toEqual(["database", "silent"]);
});

test("what gives up by itself at 2 s, as the client of Redis does, is told as silent every time, not as refusing by chance", async () => {
  const ready = build({ database: after(1), redis: refusing(BOUND_MS) });
  for (let round = 0; round < 3; round++) {
    expect((await withinBound(ready())).checks[1]?.slice(0, 2)).toEqual(["redis", "silent"]);
    await vi.advanceTimersByTimeAsync(BOUND_MS);
  }
});
