import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { type Client, createClient } from "#shared/client.ts";
import { contract, type GatehouseContract, scopesOf } from "#shared/contract.ts";
import type { Contract } from "#shared/route.ts";
import { makeSamples, type Samples, sampledPath } from "#tests/support/samples.ts";
import { mintToken, newTenant, stack } from "#tests/support/stack.ts";

/** A parameter in a route's path. */
const PARAMETER = /:(\w+)/g;

type Tenant = { readonly name: string; readonly client: Client<GatehouseContract>; readonly token: string };

async function tenant(name: string): Promise<Tenant> {
  const { id } = await newTenant();
  const token = await mintToken({ tenantId: id, scopes: scopesOf(contract), clientId: "same-client" });
  return { name, token, client: createClient({ baseUrl: stack().edgeUrl, token }) };
}

/** Both tenants use the same client id and SKUs, so that only the tenant tells them apart. */
describe("two tenants", () => {
  let ours: Tenant;
  let theirs: Tenant;
  /** What `theirs` has, by the path parameter that names it. A parameter without one names nothing. */
  let samples: Samples;

  beforeAll(async () => {
    [ours, theirs] = await Promise.all([tenant("ours"), tenant("theirs")]);
    await makeSamples(ours.client, ours.name);
    samples = await makeSamples(theirs.client, theirs.name);
  });

  const ask = async ({ token }: Tenant, method: string, path: string, headers = {}) => {
    const authorization = `Bearer ${token}`;
    const answer = await fetch(stack().edgeUrl + path, { method, headers: { authorization, ...headers } });
    return { status: answer.status, text: await answer.text() };
  };
  const get = (asker: Tenant, path: string) => ask(asker, "GET", path);

  const routes = Object.entries(contract as Contract).filter(([, route]) => route.access.kind === "token");
  const reads = routes.filter(([, { method }]) => method === "GET");
  /** Of these nothing but the path says what they are about. */
  const bodyless = routes.filter(
    ([, { method, path, request }]) => method !== "GET" && path.includes(":") && request.body.kind === "none",
  );

  it("have reads and writes to be told apart by", () => {
    expect(reads.length).toBeGreaterThanOrEqual(5);
    expect(bodyless.length).toBeGreaterThanOrEqual(3);
  });

  it.each(bodyless)("are 404 to each other at %s", async (_, route) => {
    const path = sampledPath(route, samples, () => randomUUID());
    const headers = { "if-match": "*", "idempotency-key": randomUUID() };
    expect((await ask(ours, route.method, path, headers)).status).toBe(404);
  });

  describe.each(reads)("at %s", (_, route) => {
    const parameters = [...route.path.matchAll(PARAMETER)].map(([, name = ""]) => name);

    // Theirs first, so that the cache is warm with what is not ours to see; each several times, so
    // that cold, fresh and collapsed answers are among them.
    it("never see each other's data, cold or warm", async () => {
      const filled = sampledPath(route, samples, () => randomUUID());
      const exists = parameters.every((name) => name in samples);
      const askers = [theirs, ours, theirs, ours, ours, theirs];
      const answers = await Promise.all(askers.map((asker) => get(asker, filled)));
      const again = [await get(theirs, filled), await get(ours, filled)];
      const all = [...answers, ...again].map((answer, i) => ({
        ...answer,
        asker: [...askers, theirs, ours][i],
      }));
      for (const { status, text, asker } of all) {
        const other = asker === ours ? "theirs" : "ours";
        expect(text).not.toContain(`of ${other}`);
        expect(text).not.toContain(`"name":"${other}"`);
        expect(status).toBe(parameters.length === 0 || (exists && asker === theirs) ? 200 : 404);
      }
    });
  });

  it("cannot change or delete each other's products", async () => {
    const params = { productId: samples["productId"] ?? "" };
    const headers = { "if-match": "*" };
    await expect(ours.client.updateProduct({ params, headers, body: { name: "x" } })).rejects.toMatchObject({
      status: 404,
    });
    await expect(ours.client.deleteProduct({ params })).rejects.toMatchObject({ status: 404 });
    expect((await theirs.client.getProduct({ params })).body.name).toBe("Lamp of theirs");
  });

  it("cannot put products into each other's categories", async () => {
    const categoryId = samples["categoryId"] ?? "";
    await expect(
      ours.client.createProduct({ body: { sku: "X", name: "X", categoryId } }),
    ).rejects.toMatchObject({ status: 422 });
  });
});
