import { beforeAll, describe, expect, it } from "vitest";
import { readScenario } from "#scripts/contract/files.ts";
import { type Answered, play } from "#scripts/contract/recorded.ts";
import { createClient } from "#shared/client.ts";
import { contract, scopesOf } from "#shared/contract.ts";
import { mintToken, newTenant, stack } from "#tests/support/stack.ts";

/** Every write of the scenario, products' and all others', leaves in the audit log who it was, and in which request. */

/**
 * What changes nothing that a tenant owns: tokens and sessions, and lines that were there already; and a delivery
 * that is refused, for it is still on its way (tests/origin/webhooks.test.ts has one that is not). A client that
 * has its own token refused is told as that client (tests/origin/access.test.ts).
 */
const UNAUDITED = [
  "issueToken",
  "revokeToken",
  "login",
  "refreshSession",
  "logout",
  "sendImportPart",
  "redeliverWebhook",
];
/** Answered by what was stored, for they come with a key that was there before. */
const REPEATED = ["createProductAgain"];

const WHO = "auditee";

type Told = { readonly before: unknown; readonly after: unknown };

describe("a write", () => {
  const answers: Answered[] = [];
  const told = new Map<string, Told[]>();
  const scenario = readScenario();
  const writes = scenario.filter(({ method, name }) => method !== "GET" && !REPEATED.includes(name));
  const requestIdOf = (name: string) => `audited-${name}`;

  beforeAll(async () => {
    const tenant = await newTenant();
    const who = { tenantId: tenant.id, scopes: scopesOf(contract), subject: WHO };
    const token = await mintToken(who);
    const named = scenario.map((step) => ({
      ...step,
      headers: { ...step.headers, "x-request-id": requestIdOf(step.name) },
    }));
    for await (const answer of play(named, { url: stack().edgeUrl, token, tenant })) answers.push(answer);

    const client = createClient({ baseUrl: stack().edgeUrl, token });
    let cursor: string | null = null;
    do {
      const query: { pageSize: number; cursor?: string } = {
        pageSize: 100,
        ...(cursor !== null && { cursor }),
      };
      const { data, meta } = (await client.listAuditEntries({ query })).body;
      for (const { requestId, ...entry } of data) {
        if (requestId !== null) told.set(requestId, [...(told.get(requestId) ?? []), entry]);
      }
      cursor = meta.nextCursor;
    } while (cursor !== null);
  }, 60_000);

  const audited = writes.filter(({ operationId }) => !UNAUDITED.includes(operationId));

  it.each(audited.map((step) => [step.name, step] as const))(
    "is in the audit log: %s",
    (name, { headers }) => {
      const entries = told.get(requestIdOf(name)) ?? [];
      expect(entries).not.toEqual([]);
      // One step is sent by a user with a token of its own.
      const subject = headers?.["authorization"] === undefined ? WHO : expect.any(String);
      for (const entry of entries) expect(entry).toMatchObject({ collection: expect.any(String), subject });
      const saysWhat = ({ before, after }: Told) => before !== null || after !== null;
      expect(entries.some(saysWhat)).toBe(true);
    },
  );
});
