import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { bundleEdge, type RunningEdge, startEdge } from "#scripts/local/edge.ts";
import { type Client, createClient } from "#shared/client.ts";
import type { GatehouseContract } from "#shared/contract.ts";
import { type RawAnswer, rawRequest } from "#tests/support/raw-http.ts";
import { mintToken, newTenant, stack } from "#tests/support/stack.ts";
import { type Attack, attacks } from "./cache-attacks.ts";

/** What may differ between two answers to the same request; everything else must not. */
const OF_ONE_REQUEST = [
  "age",
  "cache-status",
  "cf-cache-status",
  "connection",
  "date",
  "ratelimit",
  "server-timing",
  "x-correlation-id",
  "x-ratelimit-remaining",
  "x-ratelimit-reset",
  "x-request-id",
];

/** Each row has a product of its own, of which nothing is cached before. */
describe("an attack by", () => {
  const product = new Map<Attack, string>();
  /** Asks the same origin, and sees no attack. */
  let untouched: RunningEdge;
  let attacker: string;
  let victim: string;
  let stranger: string;

  beforeAll(async () => {
    const [starting, ours, theirs] = await Promise.all([bundleEdge(), newTenant(), newTenant()]);
    untouched = await startEdge(starting, {
      variables: stack().edgeVariables,
      shieldLimit: 1_000_000,
      onLog: () => undefined,
    });
    attacker = await mintToken({ tenantId: ours.id, subject: "attacker", clientId: "attacker" });
    victim = await mintToken({ tenantId: ours.id, subject: "victim", clientId: "victim" });
    stranger = await mintToken({ tenantId: theirs.id, subject: "victim", clientId: "victim" });
    const clientFor = (token: string) => createClient({ baseUrl: stack().edgeUrl, token });
    const [own, foreign] = [clientFor(attacker), clientFor(stranger)];
    for (const [row, attack] of attacks.entries()) {
      const body = { sku: `A-${row}`, name: `Lamp ${row}`, description: attack.by };
      product.set(attack, (await own.createProduct({ body })).body.id);
      await foreign.createProduct({ body: { ...body, name: `Other lamp ${row}` } });
    }
    for (const client of [own, foreign]) await untilCached(client);
  });
  afterAll(() => untouched.stop());

  const targetOf = (attack: Attack) =>
    attack.victim === "list"
      ? `/v1/products?q=A-${attacks.indexOf(attack)}`
      : `/v1/products/${product.get(attack)}`;

  const send = (
    base: string,
    token: string,
    requestLine: string,
    headers: readonly string[] = [],
    body = "",
  ) => rawRequest(base, requestLine, [`Authorization: Bearer ${token}`, ...headers], body);

  it("any of many means is in the table", () => {
    expect(attacks.length).toBeGreaterThanOrEqual(30);
    expect(new Set(attacks.map(({ by }) => by)).size).toBe(attacks.length);
  });

  it.each(attacks.map((attack) => [attack.by, attack] as const))(
    "%s changes nothing for others",
    async (_by, attack) => {
      const { method = "GET", headers = [], body = "" } = attack;
      const target = targetOf(attack);
      const line = `${method} ${attack.target?.(target) ?? target}`;
      const answer = await send(stack().edgeUrl, attacker, line, headers, body);
      const [first, second, other] = [
        await send(stack().edgeUrl, victim, `GET ${target}`),
        await send(stack().edgeUrl, victim, `GET ${target}`),
        await send(stack().edgeUrl, stranger, `GET ${target}`),
      ];
      const clean = withoutIds(await send(untouched.url, victim, `GET ${target}`));
      expect(withoutIds(first)).toEqual(clean);
      expect(withoutIds(second)).toEqual(clean);
      expect(withoutIds(other)).toEqual(withoutIds(await send(untouched.url, stranger, `GET ${target}`)));
      expect(clean.status).toBe(200);
      expect(other.body).not.toContain(`"Lamp `);

      if ("shares" in attack) {
        expect([answer.status, wordOf(answer), wordOf(first)]).toEqual([attack.shares, "MISS", "HIT"]);
        if (method === "GET" && answer.status === 200) expect(answer.body).toBe(first.body);
        return;
      }
      expect([wordOf(first), wordOf(second)]).toEqual(["MISS", "HIT"]);
      if ("apart" in attack) return expect(answer.status).toBe(attack.apart);
      expect(answer.headers.get("cache-status")).toBeNull();
      expect(refusalOf(answer)).toBe(attack.refused);
    },
  );
});

/** Until the cache is in use again after writes: when every transaction of the cluster has ended. */
function untilCached(client: Client<GatehouseContract>): Promise<void> {
  return vi.waitFor(
    async () => {
      const { headers } = await client.listCategories();
      expect(headers.get("cf-cache-status")).toBe("HIT");
    },
    { timeout: 20_000 },
  );
}

const wordOf = ({ headers }: RawAnswer) => headers.get("cf-cache-status");

/** The problem's code; the status where the runtime refuses before the gateway is asked. */
function refusalOf({ status, headers, body }: RawAnswer): string | number {
  if (!headers.get("content-type")?.startsWith("application/problem+json")) return status;
  expect(headers.get("cache-control")).toBe("no-store");
  return String(JSON.parse(body).code);
}

/** An answer without what is different each time. */
function withoutIds({ status, headers, body }: RawAnswer) {
  const kept = [...headers].filter(([name]) => !OF_ONE_REQUEST.includes(name));
  return { status, headers: Object.fromEntries(kept), body: body.replace(/"requestId":"[^"]*"/, "") };
}
