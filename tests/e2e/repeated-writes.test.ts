import { beforeAll, describe, expect, it } from "vitest";
import { readScenario } from "#scripts/contract/files.ts";
import { type Answered, play } from "#scripts/contract/recorded.ts";
import { contract, scopesOf } from "#shared/contract.ts";
import type { Contract } from "#shared/route.ts";
import { mintToken, newTenant, stack } from "#tests/support/stack.ts";

/** Every write that honours `Idempotency-Key`, products' and all others', is sent twice with one key. */
describe("a write that is sent again with its Idempotency-Key", () => {
  const answers = new Map<string, Answered>();
  const routes = new Map(Object.entries(contract as Contract));
  const isKeyed = (operationId: string) => routes.get(operationId)?.idempotency.kind === "key";
  const scenario = readScenario();
  const keyed = scenario.filter(({ operationId }) => isKeyed(operationId));

  beforeAll(async () => {
    const tenant = await newTenant();
    const token = await mintToken({ tenantId: tenant.id, scopes: scopesOf(contract) });
    const twice = scenario.flatMap((step) => {
      if (!isKeyed(step.operationId)) return [step];
      const one = { ...step, headers: { "idempotency-key": `"of ${step.name}"`, ...step.headers } };
      return [one, { ...one, name: `${step.name}, again` }];
    });
    for await (const answer of play(twice, { url: stack().edgeUrl, token, tenant })) {
      answers.set(answer.step.name, answer);
    }
  }, 60_000);

  it.each(keyed.map(({ name }) => name))("gets the same answer for %s", (name) => {
    const answerTo = (step: string) => {
      const { status, body } = answers.get(step) ?? {};
      return { status, body: { ...(body as object), requestId: "each its own" } };
    };
    expect(answerTo(name).status).toBeLessThan(500);
    expect(answerTo(`${name}, again`)).toEqual(answerTo(name));
  });

  it("is every one that the contract has", () => {
    const sent = new Set(keyed.map(({ operationId }) => operationId));
    expect(
      [...routes.keys()].filter((operationId) => isKeyed(operationId) && !sent.has(operationId)),
    ).toEqual([]);
  });
});
