import { EventEmitter } from "node:events";
import type { ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import { type Priority, priorities } from "#origin/db/work.ts";
import { retryAfterSeconds, shed } from "#origin/shedding/decide.ts";
import { createDoor } from "#origin/shedding/door.ts";
import { Problem } from "#shared/problems.ts";

const calm = { eventLoop: 0, memory: 0 };
const alone = { ofTenant: 3, total: 3 };

/** Which priorities are shed at a strain. */
function shedAt(eventLoop: number, occupancy = alone): readonly Priority[] {
  return priorities.filter((priority) => shed({ ...calm, eventLoop }, priority, occupancy) !== null);
}

describe("what is shed", () => {
  test("is nothing while the process bears what it has", () => {
    expect(shedAt(0.99)).toEqual([]);
  });

  test("is lists first, then revalidations, reads and writes, and never the origin's own", () => {
    expect(shedAt(1)).toEqual(["list"]);
    expect(shedAt(1.5)).toEqual(["revalidation", "list"]);
    expect(shedAt(2.5)).toEqual(["read", "revalidation", "list"]);
    expect(shedAt(4)).toEqual(["write", "read", "revalidation", "list"]);
    expect(shedAt(1_000)).toEqual(["write", "read", "revalidation", "list"]);
  });

  test("goes by memory as well as by the event loop, and says which", () => {
    expect(shed({ ...calm, memory: 1 }, "list", alone)).toBe("memory");
    expect(shed({ eventLoop: 1, memory: 1 }, "list", alone)).toBe("eventLoop");
  });

  test("is that of the tenant which has more than half of the house sooner, when it is crowded", () => {
    expect(shedAt(0.5, { ofTenant: 15, total: 20 })).toEqual(["list"]);
    expect(shedAt(0.5, { ofTenant: 5, total: 20 })).toEqual([]);
    expect(shedAt(0.5, { ofTenant: 20, total: 20 })).toEqual([]);
    expect(shedAt(0.5, { ofTenant: 3, total: 4 })).toEqual([]);
  });
});

test("Retry-After says how long what is inside takes at the rate of late, from 1 to 30 seconds", () => {
  expect(retryAfterSeconds(100, 1_000)).toBe(1);
  expect(retryAfterSeconds(500, 100)).toBe(5);
  expect(retryAfterSeconds(501, 100)).toBe(6);
  expect(retryAfterSeconds(100, 0)).toBe(30);
  expect(retryAfterSeconds(1e6, 1)).toBe(30);
});

describe("the door", () => {
  function build() {
    const strain = { ...calm };
    const turned: unknown[] = [];
    const door = createDoor({
      poolSize: 10,
      pressure: {
        strain: () => strain,
        isBusy: () => true,
        answered: () => undefined,
        answeredPerSecond: () => 5,
      },
      turnedAway: (...told) => turned.push(told),
    });
    const enter = (tenantId: string, priority: Priority = "list", socket = {}) => {
      const response = Object.assign(new EventEmitter(), { req: { socket } });
      door.enter(priority, tenantId, response as ServerResponse, () => undefined);
      return () => response.emit("close");
    };
    return { strain, turned, enter };
  }

  test("turns away with the problem overloaded and a wait by the rate of answers, and tells of it", () => {
    const { strain, turned, enter } = build();
    for (let n = 0; n < 12; n++) enter("a");
    strain.eventLoop = 1;
    const refused = () => enter("a");
    expect(refused).toThrow(Problem);
    expect(refused).toThrow(expect.objectContaining({ code: "overloaded", headers: { "retry-after": "3" } }));
    expect(turned).toEqual([
      ["eventLoop", "list"],
      ["eventLoop", "list"],
    ]);
  });

  test("counts those inside by tenant until their responses have closed", () => {
    const { strain, enter } = build();
    const leave = Array.from({ length: 9 }, () => enter("noisy"));
    const quiet = enter("quiet");
    strain.eventLoop = 0.5;
    expect(() => enter("noisy")).toThrow(Problem);
    expect(() => enter("quiet")).not.toThrow();
    for (const one of leave) one();
    quiet();
    expect(() => enter("noisy")).not.toThrow();
  });

  test("lets only so many of one connection in at a time", () => {
    const { turned, enter } = build();
    const socket = {};
    const leave = Array.from({ length: 32 }, () => enter("a", "write", socket));
    expect(() => enter("a", "write", socket)).toThrow(Problem);
    expect(turned).toEqual([["connection", "write"]]);
    expect(() => enter("a", "write")).not.toThrow();
    leave[0]?.();
    expect(() => enter("a", "write", socket)).not.toThrow();
  });
});
