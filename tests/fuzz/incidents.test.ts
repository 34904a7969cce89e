import { beforeAll, expect, test } from "vitest";
import { contract, scopesOf } from "#shared/contract.ts";
import { mintToken, newTenant, stack } from "#tests/support/stack.ts";
import { type Answer, type FuzzRequest, send, type Tokens } from "./wire.ts";

/** What fuzzing has found, each for good under its cause. */

let tokens: Tokens;
beforeAll(async () => {
  const { id: tenantId } = await newTenant();
  const good = await mintToken({ tenantId, scopes: scopesOf(contract) });
  tokens = { GOOD: good, EXPIRED: good, SCOPELESS: good, FOREIGN: good };
});

const ID = "0190a7c0-0000-7000-8000-000000000001";

function ask(request: Partial<FuzzRequest>): Promise<Answer> {
  const plain: FuzzRequest = {
    method: "GET",
    target: "/health",
    headers: [],
    body: Buffer.alloc(0),
    framing: "none",
  };
  return send(stack().edgeUrl, { ...plain, ...request }, tokens);
}

test("a body in chunks beyond the limit is 413 every time, for the origin does not hang up on what is still coming", async () => {
  const statuses: unknown[] = [];
  for (let turn = 0; turn < 10; turn++) {
    const { status } = await ask({
      method: "PATCH",
      target: `/v1/categories/${ID}`,
      headers: ["Authorization: Bearer $GOOD", "Content-Type: application/merge-patch+json", "If-Match: *"],
      body: Buffer.alloc(3_000_000, " "),
      framing: "chunked",
    });
    statuses.push(status);
  }
  expect(statuses).toEqual(Array.from({ length: 10 }, () => 413));
});
