import { expect, test } from "vitest";
import { KeySource } from "#edge/auth/keys.ts";
import { contract } from "#shared/contract.ts";
import type { Route } from "#shared/route.ts";

test("while the issuer is away its keys last as long as any answer that a token opens, and no longer", async () => {
  let now = 1_000_000;
  let isAway = false;
  const fetchKeySet = () =>
    isAway ? Promise.reject(new Error("away")) : Promise.resolve({ keys: { keys: [] }, maxAgeSeconds: null });
  const keys = new KeySource(fetchKeySet, () => now);
  const work: Promise<unknown>[] = [];
  const lookUp = () => keys.lookUp((some) => void work.push(some));
  await lookUp();
  isAway = true;
  const longest = Object.values<Route>(contract).map(({ access, cache }) =>
    access.kind === "token" && cache.kind === "shared" ? cache.staleIfErrorSeconds : 0,
  );
  now += Math.max(...longest) * 1_000;
  await lookUp();
  now += 1_000;
  await expect(lookUp()).rejects.toMatchObject({ code: "unavailable" });
  await Promise.all(work);
});
