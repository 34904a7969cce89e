import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createClient } from "#shared/client.ts";
import { contract, scopesOf } from "#shared/contract.ts";
import type { Route } from "#shared/route.ts";
import { isDelivery, type OutageRig, startOutageRig } from "#tests/support/outage-rig.ts";
import { makeSamples, type Samples, sampledPath } from "#tests/support/samples.ts";
import { mintToken } from "#tests/support/stack.ts";

/** Every route of the contract that the cache may answer, while the origin is away. */
const routes = Object.entries<Route>(contract).filter(([, { cache }]) => cache.kind === "shared");
/** A list is asked for as well in a way that has a key of its own. */
const variants = routes.flatMap(([id, route]): [string, Route, string][] => [
  [id, route, ""],
  ...("pageSize" in route.request.query.properties
    ? [[id, route, "?pageSize=7"] as [string, Route, string]]
    : []),
]);

type Kept = { readonly status: number; readonly body: string; readonly etag: string | null };

let rig: OutageRig;
let token: string;
let samples: Samples;
/** What each answered before the outage, by its path. */
const before = new Map<string, Kept>();

const ask = (path: string, headers: Readonly<Record<string, string>> = {}, method = "GET") =>
  fetch(rig.edge.url + path, { method, headers: { authorization: `Bearer ${token}`, ...headers } });

const pathOf = (route: Route, query: string) => sampledPath(route, samples) + query;

beforeAll(async () => {
  rig = await startOutageRig();
  token = await mintToken({ tenantId: rig.tenantId, scopes: scopesOf(contract) });
  samples = await makeSamples(createClient({ baseUrl: rig.edge.url, token }), "ours");
  for (const [, route, query] of variants) {
    const path = pathOf(route, query);
    await vi.waitFor(
      async () => {
        const answer = await ask(path);
        const body = await answer.text();
        expect([path, answer.status, answer.headers.get("cf-cache-status")]).toEqual([path, 200, "HIT"]);
        before.set(path, { status: answer.status, body, etag: answer.headers.get("etag") });
      },
      { timeout: 20_000 },
    );
  }
});
afterAll(() => rig.stop());

/** Announces a change of all that the routes show, and kills the origin when Redis has been told. */
async function changeEverythingAndDie(): Promise<void> {
  rig.relayToRedis.after = (body) => {
    if (!isDelivery(body)) return "pass";
    rig.origin.kill();
    return "reset";
  };
  const shown = routes.flatMap(([, { cache }]) =>
    cache.kind === "shared" && cache.shows.kind !== "static" ? [cache.shows] : [],
  );
  const rows = shown.map((shows) => ({
    tenant_id: rig.tenantId,
    collection: shows.collection,
    item_id: shows.kind === "item" ? samples[shows.param] : samples["productId"],
  }));
  await rig.database.sql`insert into outbox ${rig.database.sql(rows)}`;
  await rig.origin.ended;
}

/** @param marked whether it must be marked stale: not what no write changes and what is still fresh */
async function expectServed(route: Route, query: string, marked: boolean): Promise<void> {
  const path = pathOf(route, query);
  const kept = before.get(path);
  const isStatic = route.cache.kind === "shared" && route.cache.shows.kind === "static";
  const how = marked && !isStatic ? ["STALE"] : ["STALE", "HIT"];

  const got = await ask(path);
  expect([path, got.status, await got.text()]).toEqual([path, 200, kept?.body]);
  expect(how).toContain(got.headers.get("cf-cache-status"));
  const head = await ask(path, {}, "HEAD");
  expect([head.status, await head.text(), head.headers.get("etag")]).toEqual([200, "", kept?.etag]);
  expect(how).toContain(head.headers.get("cf-cache-status"));
  if (typeof kept?.etag !== "string") return;
  const same = await ask(path, { "if-none-match": kept.etag });
  expect([same.status, await same.text()]).toEqual([304, ""]);
  const other = await ask(path, { "if-none-match": '"other"' });
  expect([other.status, await other.text()]).toEqual([200, kept.body]);
}

describe("while the origin is away", () => {
  it("knows routes of every kind", () => {
    expect(variants.length).toBeGreaterThan(8);
  });

  describe("since just after all versions changed", () => {
    beforeAll(changeEverythingAndDie);
    it.each(variants)("%s is still served (%#)", (_id, route, query) => expectServed(route, query, false));
  });

  describe("and the relay with it, so that the edge is blind", () => {
    beforeAll(async () => {
      const item = variants.find(([id]) => id === "getProduct");
      if (item === undefined) throw new Error("the contract has no getProduct");
      await vi.waitFor(() => expectServed(item[1], item[2], true), { timeout: 5_000 });
    });
    it.each(variants)("%s is still served and marked stale (%#)", (_id, route, query) =>
      expectServed(route, query, true),
    );
  });

  describe("and Redis too", () => {
    beforeAll(async () => {
      await rig.edgeToRedis.set({ kind: "refuse" });
      rig.edgeToRedis.sever();
    });
    it.each(variants)("%s is still served and marked stale (%#)", (_id, route, query) =>
      expectServed(route, query, true),
    );
  });

  it("what was never asked for is refused, and what must not be stale is not served", async () => {
    const unknown = await ask("/v1/products?pageSize=99");
    expect([unknown.status, unknown.headers.get("cache-control")]).toEqual([503, "no-store"]);
    const write = await ask(pathOf(contract.getProduct, ""), {}, "DELETE");
    expect(write.status).toBe(503);
  });
});
