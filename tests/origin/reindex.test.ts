import { beforeAll, expect, test } from "vitest";
import type { Product } from "#shared/resources/products.ts";
import { Command } from "#tests/support/command.ts";
import { originClient, type Send } from "#tests/support/origin.ts";
import { newTenant, owner, stack } from "#tests/support/stack.ts";

/** `npm run search -- reindex`, for products whose words are not stored, as of those before there was a search. */

let tenant: { id: string; slug: string };
let send: Send;

/** More than one transaction takes. */
const MANY = 450;

const reindex = (slug = tenant.slug) =>
  new Command("scripts/search.ts", ["reindex", "--tenant", slug], { DATABASE_URL: stack().databaseUrl });
const found = async (q: string) => (await send(`/v1/products?q=${q}&count=true`)).json.meta.total as number;

beforeAll(async () => {
  tenant = await newTenant();
  send = originClient(tenant.id);
  const lines = Array.from({ length: MANY }, (_, n) => `{"sku":"S-${n}","name":"Walrus ${n}"}\n`);
  await send("/v1/products/import", {
    method: "POST",
    headers: { "content-type": "application/x-ndjson" },
    body: lines.join(""),
  });
});

const forget = () => owner()`delete from product_terms where tenant_id = ${tenant.id}`;

test("makes every product found, and finds nothing to do when run again", async () => {
  await forget();
  expect(await found("walrus")).toBe(0);
  const first = await reindex().finished();
  expect(first).toMatchObject({
    code: 0,
    stdout: "450 products; not found by what they say until now: 450.\n",
  });
  expect(await found("walrus")).toBe(MANY);
  const again = await reindex().finished();
  expect(again.stdout).toBe("450 products; not found by what they say until now: 0.\n");
}, 60_000);

test("makes caches forget what did not find them, once for each product", async () => {
  await owner()`delete from product_terms where tenant_id = ${tenant.id}
    and product_id in (select id from products where sku in ('S-7', 'S-8') and tenant_id = ${tenant.id})`;
  const announced = () => owner()`select item_id from outbox where tenant_id = ${tenant.id}`;
  const before = (await announced()).length;
  expect((await reindex().finished()).stdout).toContain("until now: 2.");
  expect(await announced()).toHaveLength(before + 2);
}, 60_000);

test("waits for a write of a product, and stores what it says then", async () => {
  await forget();
  const { data } = (await send("/v1/products?pageSize=1")).json as { data: [Product] };
  const running = await owner().begin(async (tx) => {
    await tx`update products set name = 'Narwhal' where id = ${data[0].id}`;
    const command = reindex().finished();
    const isWaiting = async () =>
      (await tx`select from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid))`)
        .length;
    await expect.poll(isWaiting, { timeout: 20_000 }).toBe(1);
    return { command };
  });
  expect((await running.command).code).toBe(0);
  expect([await found("narwhal"), await found("walrus")]).toEqual([1, MANY - 1]);
}, 60_000);

test("says in a sentence which tenant there is not", async () => {
  expect(await reindex("none").finished()).toMatchObject({ code: 1, stderr: "There is no tenant none.\n" });
}, 60_000);
