import { randomUUID } from "node:crypto";
import postgres, { type Sql } from "postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Connections, connect } from "#origin/db/client.ts";
import { prepareRead } from "#origin/db/read.ts";
import { products } from "#origin/db/tables/products.ts";
import { originClient } from "#tests/support/origin.ts";
import { newTenant, owner, stack } from "#tests/support/stack.ts";

/** Row-level security as the origin's login meets it, below whatever the origin's code does right. */

/** Where both tenants have rows. */
const filled = [
  "audit_log",
  "tenants",
  "api_clients",
  "outbox",
  "idempotency_keys",
  "categories",
  "products",
  "product_terms",
];
/** Every table that belongs to tenants, as the database knows them, new resources' among them. */
let tables: readonly TenantTable[];
let app: Sql;
let connections: Connections;
let mine: string;
let theirs: string;

beforeAll(async () => {
  app = postgres(stack().databaseUrl, { max: 1, onnotice: () => undefined });
  connections = connect({ url: stack().databaseUrl, poolSize: 2, applicationName: "test" });
  tables = await tenantTables();
  [mine, theirs] = [(await newTenant()).id, (await newTenant()).id];
  for (const tenantId of [mine, theirs]) {
    const send = originClient(tenantId);
    const headers = { "idempotency-key": "k" };
    await send("/v1/products", { method: "POST", headers, body: { sku: "s", name: "x" } });
    await send("/v1/categories", { method: "POST", body: { name: "x" } });
    await owner()`insert into api_clients (client_id, tenant_id, name, secret_hash, scopes)
      values (${tenantId}, ${tenantId}, 'x', ${Buffer.alloc(32)}, ${[]})`;
  }
});
afterAll(async () => {
  await app.end();
  await connections.close(1);
});

type TenantTable = { readonly name: string; readonly forced: boolean; readonly hasPolicy: boolean };

function tenantTables(): Promise<TenantTable[]> {
  return owner()<TenantTable[]>`
    select relname as name, relrowsecurity and relforcerowsecurity as forced,
      exists (select from pg_policy where polrelid = pg_class.oid) as "hasPolicy"
    from pg_class join pg_attribute on attrelid = pg_class.oid and attname = 'tenant_id' and not attisdropped
    where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace order by relname`;
}

test("every table with a tenant_id has row-level security enabled and forced, with a policy", () => {
  const found = tables.map(({ name }) => name);
  expect(found).toEqual(expect.arrayContaining(["api_clients", "idempotency_keys", "outbox"]));
  expect(tables.filter(({ forced, hasPolicy }) => !(forced && hasPolicy))).toEqual([]);
});

test("without a tenant nothing is visible, on a fresh connection and on one that had a tenant", async () => {
  const countAll = async () => {
    for (const table of ["tenants", ...tables.map(({ name }) => name)]) {
      const [row] = await app`select count(*)::int as n from ${app(table)}`;
      expect([table, row?.["n"]]).toEqual([table, 0]);
    }
  };
  await countAll();
  await app.begin(async (tx) => {
    await tx`select set_config('app.tenant', ${mine}, true)`;
    const [row] = await tx`select count(*)::int as n from products`;
    expect(row?.["n"]).toBe(1);
  });
  await countAll();
});

test("with a tenant only its own rows are visible, in every table", async () => {
  await app.begin(async (tx) => {
    await tx`select set_config('app.tenant', ${mine}, true)`;
    for (const table of ["tenants", ...tables.map(({ name }) => name)]) {
      const column = table === "tenants" ? "id" : "tenant_id";
      const rows = await tx`select distinct ${tx(column)} as tenant from ${tx(table)}`;
      expect([table, rows.map(({ tenant }) => tenant)]).toEqual([
        table,
        filled.includes(table) ? [mine] : [],
      ]);
    }
  });
});

test("another tenant's rows can be neither written nor changed nor taken over", async () => {
  const attempts = [
    (tx: Sql) => tx`insert into products (tenant_id, id, sku, name, status, in_stock, attributes)
      values (${theirs}, ${randomUUID()}, 'x', 'x', 'active', true, '{}')`,
    (tx: Sql) => tx`update products set tenant_id = ${theirs}`,
    (tx: Sql) =>
      tx`insert into outbox (tenant_id, collection, item_id) values (${theirs}, 'products', ${randomUUID()})`,
  ];
  for (const attempt of attempts) {
    const refused = app.begin(async (tx) => {
      await tx`select set_config('app.tenant', ${mine}, true)`;
      // A transaction runs statements as its connection does.
      await attempt(tx as unknown as Sql);
    });
    await expect(refused).rejects.toMatchObject({ code: "42501" });
  }
  const changed = await app.begin(async (tx) => {
    await tx`select set_config('app.tenant', ${mine}, true)`;
    return tx`update products set name = 'x' where tenant_id = ${theirs}`;
  });
  expect(changed.count).toBe(0);
});

test("a client sees its own row before its tenant is known, and no other", async () => {
  await app.begin(async (tx) => {
    await tx`select set_config('app.client', ${mine}, true)`;
    const rows = await tx`select client_id from api_clients`;
    expect(rows.map(({ client_id }) => client_id)).toEqual([mine]);
  });
});

test("a tenant that is named by its slug is visible, and no other", async () => {
  const [{ slug } = { slug: "" }] = await owner()<{ slug: string }[]>`
    select slug from tenants where id = ${mine}`;
  await app.begin(async (tx) => {
    await tx`select set_config('app.slug', ${slug}, true)`;
    const rows = await tx`select id from tenants`;
    expect(rows.map(({ id }) => id)).toEqual([mine]);
  });
});

test("the origin's role cannot change the schema or the keys, nor remove clients and users", async () => {
  const statements = [
    "create table mine (n int)",
    "alter table products disable row level security",
    "drop table products",
    "create policy all_of_it on products using (true)",
    "update signing_keys set kid = 'x'",
    "delete from signing_keys",
    "update api_clients set tenant_id = tenant_id",
    "delete from api_clients",
    "delete from users",
    "insert into gatehouse_migrations values ('x', 'x')",
    "select gatehouse_secure_tenant_table('products')",
    "truncate outbox",
  ];
  for (const statement of statements) {
    const code = await app.unsafe(statement).then(
      () => "done",
      (error: { code: string }) => error.code,
    );
    expect([statement, code]).toEqual([statement, "42501"]);
  }
});

test("reads in one statement, of an item and of a list, use the primary key, and leave no tenant behind", async () => {
  const columns = "tenant_id, id, sku, name, status, in_stock, attributes";
  await owner().unsafe(`insert into products (${columns})
    select '${mine}', gen_random_uuid(), 'p' || n, 'x', 'active', true, '{}' from generate_series(1, 5000) n`);
  await owner().unsafe("analyze products");
  const [product] = await owner()`select id from products where tenant_id = ${mine} and sku = 's'`;

  const plan = await app.unsafe(
    `explain (analyze, costs off, timing off, summary off)
    with "setting" as (select set_config('app.tenant', $1, true) as "made")
    select "found"."id" from "setting" cross join lateral
      (select "id" from "products" where "setting"."made" is not null and "id" = $2 and "deleted_at" is null limit 1) "found"`,
    [mine, product?.["id"]],
  );
  const text = plan.map((row) => row["QUERY PLAN"]).join("\n");
  expect(text).toContain("Index Scan using products_tenant_id_id_pk");
  expect(text).not.toContain("Seq Scan");
  expect(text).toMatch(/actual rows=1(\.00)? loops=1/);
  const listPlan = await app.unsafe(
    `explain with "setting" as (select set_config('app.tenant', $1, true) as "made")
    select "found"."id" from "setting" cross join lateral
      (select "id" from "products" where "setting"."made" is not null and "deleted_at" is null
       order by "id" desc limit 21) "found"`,
    [mine],
  );
  const listText = listPlan.map((row) => row["QUERY PLAN"]).join("\n");
  expect(listText).toContain("Index Scan Backward using products_tenant_id_id_pk");
  const [left] = await app`select current_setting('app.tenant', true) as tenant`;
  expect(left?.["tenant"] || null).toBeNull();
});

test("prepared reads of two tenants on the same connections never mix, plan after plan", async () => {
  const read = prepareRead(connections, (db, ready) =>
    db.select({ tenantId: products.tenantId }).from(products).where(ready).limit(10),
  );
  for (let round = 0; round < 50; round++) {
    const [one, two] = await Promise.all([read.execute({ tenant: mine }), read.execute({ tenant: theirs })]);
    expect(new Set(one.map(({ tenantId }) => tenantId))).toEqual(new Set([mine]));
    expect(new Set(two.map(({ tenantId }) => tenantId))).toEqual(new Set([theirs]));
  }
});
