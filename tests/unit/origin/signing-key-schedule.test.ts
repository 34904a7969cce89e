import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  isRotationDue,
  type ScheduledKey,
  signerOf,
  stateOf,
  unneededFrom,
} from "#origin/resources/access/signing-keys/schedule.ts";

const HOUR = 3_600_000;
const key = (kid: string, signsFrom: number, tokenLifetimeSeconds = 900): ScheduledKey => ({
  kid,
  signsFrom,
  tokenLifetimeSeconds,
});
const [first, second] = [key("first", 0), key("second", 10 * HOUR)];
const both = [second, first];

describe("a signing key", () => {
  test.each([
    ["before its time the next is published, and the old one signs", 9 * HOUR, "signing", "published"],
    ["from its time on the next one signs, and the old one is retired", 10 * HOUR, "retired", "signing"],
    ["the old one stays while its last token lives", 10 * HOUR + 900_000, "retired", "signing"],
    ["and is gone when that has expired everywhere", 10 * HOUR + 900_000 + 120_000, "gone", "signing"],
  ])("%s", (_what, now, old, next) => {
    expect([stateOf(first, both, now), stateOf(second, both, now)]).toEqual([old, next]);
  });

  test("is needed for ever while it has no successor", () => {
    expect(unneededFrom(second, both)).toBe(Number.POSITIVE_INFINITY);
  });

  test("outlives the longest token that any origin signs with it", () => {
    const long = key("first", 0, 86_400);
    expect(stateOf(long, [long, second], 33 * HOUR)).toBe("retired");
  });

  test("signs before its time when there is no other, as when clocks differ", () => {
    expect(signerOf([second], 0)).toBe(second);
  });

  test("is followed in time to be published first", () => {
    const schedule = { lifetimeSeconds: 86_400, publishSeconds: 7_200 };
    expect(isRotationDue([first], schedule, 22 * HOUR - 1)).toBe(false);
    expect(isRotationDue([first], schedule, 22 * HOUR)).toBe(true);
    expect(isRotationDue([first, key("next", 24 * HOUR)], schedule, 23 * HOUR)).toBe(false);
    expect(isRotationDue([], schedule, 0)).toBe(true);
  });
});

test("whatever the keys and the time: one signs, and whatever has signed a living token is published", () => {
  const keys = fc
    .uniqueArray(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 8 })
    .map((starts) => starts.map((start) => key(`k${start}`, start * HOUR)));
  fc.assert(
    fc.property(
      keys,
      fc.integer({ min: 0, max: 120 * HOUR }),
      fc.integer({ min: 0, max: 900 }),
      (all, now, age) => {
        const states = all.map((each) => stateOf(each, all, now));
        expect(states.filter((state) => state === "signing")).toHaveLength(1);
        const signedThen = signerOf(all, now - age * 1000);
        if (signedThen !== undefined) expect(stateOf(signedThen, all, now)).not.toBe("gone");
      },
    ),
  );
});
