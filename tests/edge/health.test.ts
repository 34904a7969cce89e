import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { sighted } from "#tests/support/edge.ts";
import { type FaultyOrigins, startFaultyOrigins } from "#tests/support/faulty-origins.ts";

const PROBLEM_TYPE = JSON.stringify({ type: "", code: "unavailable", status: 503, title: "", when: "" });

type Body = { readonly checks: object; readonly origins: readonly { readonly breaker: string }[] };

let well: FaultyOrigins;
let blind: FaultyOrigins;
let cut: FaultyOrigins;
beforeAll(async () => {
  [well, blind, cut] = await Promise.all([start(sighted()), start({}), start({})]);
});
afterAll(async () => {
  for (const rig of [well, blind, cut]) await rig.stop();
});
async function start(variables: Readonly<Record<string, string>>): Promise<FaultyOrigins> {
  const rig = await startFaultyOrigins(1, variables);
  for (const origin of rig.origins) origin.answer = () => ({ body: PROBLEM_TYPE });
  return rig;
}
const health = async ({ edge }: FaultyOrigins) => {
  const answer = await fetch(`${edge.url}/health`);
  return {
    status: answer.status,
    retryAfter: answer.headers.get("retry-after"),
    body: (await answer.json()) as Body,
  };
};

it("says that all is well, and asks nobody again for it for five seconds", async () => {
  const allWell = { origin: true, redis: true, keys: true, quotas: true, versions: true };
  expect(await health(well)).toEqual({
    status: 200,
    retryAfter: null,
    body: { status: "ok", checks: allWell, origins: [{ breaker: "closed" }] },
  });
  const [seen] = well.seen();
  await Promise.all(Array.from({ length: 50 }, () => health(well)));
  expect(well.seen()).toEqual([seen]);
});

it("is degraded without Redis, and with an origin that is left alone", async () => {
  expect(await health(blind)).toMatchObject({
    status: 200,
    body: {
      status: "degraded",
      checks: { origin: true, redis: false, keys: true, quotas: false, versions: false },
    },
  });
  await blind.proxies[0]?.set({ kind: "refuse" });
  blind.proxies[0]?.sever();
  const authorization = `Bearer ${await blind.edge.token()}`;
  for (let i = 0; i < 5; i++) await fetch(`${blind.edge.url}/v1/me`, { headers: { authorization } });
  const { status, body } = await health(blind);
  expect([status, body]).toMatchObject([200, { checks: { origin: false, keys: true } }]);
  expect(body.origins[0]?.breaker).not.toBe("closed");
});

it("is unavailable as long as no token can be checked, and no longer", async () => {
  await cut.proxies[0]?.set({ kind: "refuse" });
  expect(await health(cut)).toMatchObject({
    status: 503,
    retryAfter: expect.stringMatching(/^\d+$/),
    body: { code: "unavailable", checks: { origin: false, keys: false } },
  });
  await cut.proxies[0]?.set({ kind: "pass" });
  await vi.waitFor(async () => expect((await health(cut)).status).toBe(200), {
    timeout: 5_000,
    interval: 200,
  });
});
