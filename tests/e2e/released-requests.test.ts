import { beforeAll, describe, expect, it } from "vitest";
import { readRecorded, readReleased } from "#scripts/contract/files.ts";
import { type Answered, play } from "#scripts/contract/recorded.ts";
import { contract, scopesOf } from "#shared/contract.ts";
import { expectAsRecorded, operations } from "#tests/support/released.ts";
import { mintToken, newTenant, stack } from "#tests/support/stack.ts";

/**
 * What clients of the released contract send, replayed: `npm run contract -- release` recorded it. Every
 * answer has the status that it had, and a body as the released contract describes it, more members aside.
 */

const released = readReleased();
const recorded = readRecorded();

describe.skipIf(released === null)("the requests of the released contract", () => {
  const answers = new Map<string, Answered>();

  beforeAll(async () => {
    const tenant = await newTenant();
    const who = {
      tenantId: tenant.id,
      scopes: scopesOf(contract),
      subject: "recorder",
      clientId: "recorder",
    };
    const where = { url: stack().edgeUrl, token: await mintToken(who), tenant };
    const steps = recorded.map(({ request }) => request);
    for await (const answer of play(steps, where)) answers.set(answer.step.name, answer);
  });

  it("call every route that it has", () => {
    const called = new Set(recorded.map(({ request }) => request.operationId));
    const missing = operations().filter(({ operationId }) => !called.has(String(operationId)));
    expect(missing).toEqual([]);
  });

  it.each(recorded.map((one) => [one.request.name, one] as const))(
    "%s is answered as it was",
    (name, one) => {
      expectAsRecorded(one, answers.get(name));
    },
  );
});
