import Fastify from "fastify";
import { expect, it } from "vitest";
import { lifetime } from "#origin/plugins/lifetime.ts";
import { registerContract } from "#origin/register-contract.ts";
import { contract } from "#shared/contract.ts";

const NOW = Date.parse("2026-11-21T12:00:00Z");

const answering = async (freshUntil?: Date) => {
  const app = Fastify();
  await app.register(lifetime);
  const getKeySet = async () => ({
    status: 200,
    body: { keys: [] },
    ...(freshUntil === undefined ? {} : { freshUntil }),
  });
  registerContract(
    app,
    { getKeySet: contract.getKeySet },
    { getKeySet },
    {
      guards: new Map(),
      door: { look: () => undefined, enter: (_priority, _tenantId, _response, begin) => begin() },
      now: () => NOW,
    },
  );
  const { headers } = await app.inject(contract.getKeySet.path);
  return headers["gatehouse-fresh-for"];
};

it("tells the edge for how many seconds an answer holds, when its handler says so", async () => {
  expect(await answering(new Date(NOW + 90_700))).toBe("90");
  expect(await answering(new Date(NOW - 1))).toBe("0");
  expect(await answering()).toBeUndefined();
});
