import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { contract, type OperationId, scopesOf } from "#shared/contract.ts";
import type { Scope } from "#shared/policy.ts";
import { originClient } from "./origin.ts";

/**
 * Tests that operations are refused to whoever nobody vouches for, and to whoever has every scope but theirs.
 * @param scopes what each asks for, said here once more: the contract alone would agree with itself
 */
export function describeGuards(scopes: Readonly<Partial<Record<OperationId, Scope>>>): void {
  describe.each(Object.entries(scopes) as [OperationId, Scope][])("%s", (id, scope) => {
    const { method, path: pattern } = contract[id];
    const path = pattern.replace(/:\w+/g, () => randomUUID());

    test("answers 401 without an assertion, and with one for nobody", async () => {
      expect((await originClient(randomUUID())(path, { method, claims: null })).status).toBe(401);
      expect((await originClient(null)(path, { method })).status).toBe(401);
    });

    test("answers 403 without its scope", async () => {
      const others = scopesOf(contract).filter((other) => other !== scope);
      const { status, json } = await originClient(randomUUID())(path, { method, scopes: others });
      expect([status, json.code, json.scope]).toEqual([403, "insufficient-scope", scope]);
    });
  });
}
