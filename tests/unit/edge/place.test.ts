import { describe, expect, it } from "vitest";
import { consistencyTokens } from "#edge/cache/consistency-token.ts";
import { bothOf, contains } from "#edge/cache/place.ts";

const place = (transactionId: number, history: string, at = 100_000) => ({ transactionId, history, at });

describe("what an edge sees", () => {
  const horizon = { history: "new", historyBeganAt: 200_000, watermark: 50 };

  it.each([
    ["a write below the watermark", place(49, "new"), true],
    ["none at the watermark", place(50, "new"), false],
    ["none above it", place(51, "new"), false],
    ["a write of a history that had ended before, whatever its number", place(9_999, "old"), true],
    ["none of a history that may be the next one", place(1, "next", 200_001), false],
    ["none of another history at about the time that this one began", place(1, "old", 195_001), false],
    ["one clearly before", place(1, "old", 194_999), true],
  ])("contains %s", (_, write, expected) => {
    expect(contains(horizon, write)).toBe(expected);
  });

  it("contains nothing of another history while nobody knows when its own began", () => {
    expect(contains({ ...horizon, historyBeganAt: 0 }, place(1, "old"))).toBe(false);
  });
});

describe("the place of two writes", () => {
  it.each([
    [place(2, "a", 1), place(1, "a", 2), place(2, "a", 2)],
    [place(1, "a", 2), place(2, "a", 1), place(2, "a", 2)],
    [place(900, "a", 1), place(3, "b", 2), place(3, "b", 2)],
    [place(3, "b", 2), place(900, "a", 1), place(3, "b", 2)],
  ])("of %o and %o is %o: in sight no sooner than either", (a, b, expected) => {
    expect(bothOf(a, b)).toEqual(expected);
  });
});

describe("a consistency token", () => {
  const secrets = [
    { kid: "new", secret: "a".repeat(32) },
    { kid: "old", secret: "b".repeat(32) },
  ] as const;
  let now = 1_000_000;
  const tokens = consistencyTokens(secrets, () => now);
  const write = place(42, "history", 1_000_000);

  it("brings the write's place back, to its own tenant", async () => {
    const token = await tokens.seal(write, "tenant");
    expect(await tokens.open(token, "tenant")).toEqual(write);
    await expect(tokens.open(token, "another")).rejects.toMatchObject({ code: "invalid-request" });
  });

  it("is refused with another number, time or history", async () => {
    const token = await tokens.seal(write, "tenant");
    const [transactionId, issuedAt, history, mac] = token.split(".");
    for (const forged of [
      `41.${issuedAt}.${history}.${mac}`,
      `${transactionId}.1001.${history}.${mac}`,
      `${transactionId}.${issuedAt}.others.${mac}`,
      `${transactionId}.${issuedAt}.${mac}`,
      "",
    ]) {
      await expect(tokens.open(forged, "tenant"), forged).rejects.toMatchObject({ code: "invalid-request" });
    }
  });

  it("says nothing after ten minutes", async () => {
    const token = await tokens.seal(write, "tenant");
    now = 1_600_000;
    expect(await tokens.open(token, "tenant")).toEqual(write);
    now = 1_601_000;
    expect(await tokens.open(token, "tenant")).toBeNull();
  });
});
