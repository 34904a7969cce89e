import { expect, onTestFinished, test, vi } from "vitest";
import { createBreaker } from "#origin/breaker.ts";
import { createAdmission } from "#origin/db/admission.ts";
import { isAway } from "#origin/db/errors.ts";
import type { Connection } from "#origin/db/lane.ts";
import { createOpenings } from "#origin/db/openings.ts";
import { createPool, LostToOthers } from "#origin/db/pool.ts";
import { LONGEST_MS } from "#origin/db/timeouts.ts";
import { doing } from "#origin/db/work.ts";

/** As the driver says it of a connection that has been ended. */
const ended = () => Object.assign(new Error("write CONNECTION_ENDED"), { code: "CONNECTION_ENDED" });

function build(places = 1, size = 1) {
  const breaker = createBreaker({ isOutage: isAway });
  const connection = () =>
    ({
      name: "test",
      isSilent: false,
      running: 0,
      reads: [],
      losses: 0,
      isOpen: true,
      client: { end: async () => undefined },
    }) as unknown as Connection;
  const pool = createPool({
    size,
    open: connection,
    openings: createOpenings(),
    cancel: async () => undefined,
    admission: createAdmission({ places, maxWaiting: 1, maxWaitMs: 1_000 }),
    breaker,
  });
  return { pool, breaker };
}

test("clients that leave, whose connections are cut for that, do not open the database's circuit for others", async () => {
  const { pool, breaker } = build();
  for (let leaving = 0; leaving < 20; leaving++) {
    const controller = new AbortController();
    const work = { priority: "write", tenantId: "a", remainingMs: () => 1_000 } as const;
    const gone = new Error("the client is gone");
    const used = doing({ ...work, signal: controller.signal }, () =>
      pool.use(async () => {
        controller.abort(gone);
        throw ended();
      }),
    );
    await expect(used).rejects.toBe(gone);
  }
  expect(breaker.state()).toBe("closed");
  expect(await pool.use(async () => "served")).toBe("served");
});

test("a request is told that its time is over even if Postgres says nothing, so that the edge does not take the origin for dead", async () => {
  const { pool } = build();
  const controller = new AbortController();
  const work = { priority: "write", tenantId: "a", remainingMs: () => 1_000 } as const;
  const silence = Promise.withResolvers<never>();
  const used = doing({ ...work, signal: controller.signal }, () => pool.use(() => silence.promise));
  const late = new Error("the time is over");
  controller.abort(late);
  await expect(used).rejects.toBe(late);
  // On another connection: the first is given up.
  expect(await pool.use(async () => "served")).toBe("served");
  silence.reject(ended());
});

test("whoever comes for a request that has been given up is not put on a connection that somebody else has to himself", async () => {
  const { pool } = build(2, 2);
  const controller = new AbortController();
  const work = { priority: "write", tenantId: "a", remainingMs: () => 1_000 } as const;
  const silence = Promise.withResolvers<never>();
  const given = Promise.withResolvers<void>();
  const holder = pool.use(async (connection) => {
    await given.promise;
    return connection;
  });
  const left = doing({ ...work, signal: controller.signal }, () => pool.use(() => silence.promise));
  controller.abort(new Error("the time is over"));
  await expect(left).rejects.toThrow("the time is over");
  const next = await pool.use(async (connection) => connection);
  given.resolve();
  expect(next).not.toBe(await holder);
  silence.reject(ended());
});

test("what the origin asks by itself on a connection that says nothing ends when Postgres would have ended it", async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const { pool } = build();
  const used = pool.use(() => Promise.withResolvers<never>().promise);
  const ending = expect(used).rejects.toMatchObject({ code: "ETIMEDOUT" });
  await vi.advanceTimersByTimeAsync(LONGEST_MS);
  await ending;
  expect(pool.figures().inUse).toBe(0);
});

test("connections that end by themselves do open it", async () => {
  const { pool, breaker } = build();
  for (let failing = 0; failing < 5; failing++) {
    await expect(pool.use(() => Promise.reject(ended()))).rejects.toThrow("CONNECTION_ENDED");
  }
  expect(breaker.state()).toBe("open");
  await expect(pool.use(async () => "served")).rejects.toMatchObject({ code: "unavailable" });
});

test("one connection that is lost under many reads is one failure: the others are run again, and the circuit stays closed", async () => {
  const { pool, breaker } = build(8);
  const lost = Promise.withResolvers<never>();
  const reads = Array.from({ length: 6 }, () => pool.use(() => lost.promise));
  lost.reject(ended());
  const reasons = (await Promise.allSettled(reads)).map((read) => read.status === "rejected" && read.reason);
  expect(reasons.filter((reason) => reason instanceof LostToOthers)).toHaveLength(5);
  expect(breaker.state()).toBe("closed");
});
