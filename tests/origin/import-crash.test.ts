import { expect, test } from "vitest";
import { contract } from "#shared/contract.ts";
import { originClient } from "#tests/support/origin.ts";
import { startOriginProcess } from "#tests/support/origin-process.ts";
import { newTenant, owner, stack } from "#tests/support/stack.ts";

/** As long as the edge gives a part, not the few seconds of other tests: lines take what the machine needs. */
const claims = { budgetMs: contract.sendImportPart.budgetMs };
const NDJSON = { "content-type": "application/x-ndjson" };
const PRODUCTS = 2_000;

/** Every product twice, so that one that was stored once too often has a version too many. */
function linesOfPart(): string {
  const lines = (brand: string) =>
    Array.from({ length: PRODUCTS }, (_, at) =>
      JSON.stringify({ sku: `s${at}`, name: `Product ${at}`, brand, category: [`c${at % 5}`], price: "1" }),
    );
  // Without its currency the price of a few is refused.
  const priced = [...lines("First"), ...lines("Last")].map((line, at) =>
    at % 100 === 7 ? line : line.replace('"price":"1"', '"price":"1 €"'),
  );
  return priced.join("\n");
}

const REFUSED = (2 * PRODUCTS) / 100;

test.each([1, 1_500, 2_800])(
  "an origin that is killed after %d lines of a part leaves what another goes on with: nothing twice",
  async (killedAfter) => {
    const { id: tenantId } = await newTenant();
    const survivor = originClient(tenantId);
    const { json } = await survivor("/v1/imports", { method: "POST", body: {} });
    const path = `/v1/imports/${json.id}`;
    const part = { method: "POST", headers: NDJSON, claims, body: linesOfPart() };
    const doomed = await startOriginProcess({ ...stack().originVariables, PORT: "0", OPS_PORT: "0" });
    try {
      const cutOff = expect(originClient(tenantId, doomed.url)(`${path}/parts/1`, part)).rejects.toThrow();
      await expect
        .poll(async () => (await survivor(path)).json.received, { interval: 5, timeout: 30_000 })
        .toBeGreaterThanOrEqual(killedAfter);
      doomed.kill();
      await cutOff;
    } finally {
      doomed.kill();
      await doomed.ended;
    }
    const [left] = (await survivor(path)).json.parts;
    expect(left.complete).toBe(false);

    const { status, json: whole } = await survivor(`${path}/parts/1`, part);
    expect(status).toBe(200);
    const half = PRODUCTS - REFUSED / 2;
    expect(whole).toMatchObject({ received: 2 * PRODUCTS, created: half, updated: half, failed: REFUSED });
    expect((await survivor(path)).json).toMatchObject({
      received: 2 * PRODUCTS,
      created: half,
      updated: half,
    });
    const rows = await owner()`
      select version, brand, count(*)::int as count, count(distinct sku)::int as skus from products
      where tenant_id = ${tenantId} group by version, brand`;
    expect(rows).toEqual([{ version: 2, brand: "Last", count: half, skus: half }]);
    const audited = await owner()`
      select count(*)::int as count from audit_log where tenant_id = ${tenantId} and collection = 'products'`;
    expect(audited).toEqual([{ count: 2 * half }]);
    const errors = await owner()`
      select count(*)::int as count, count(distinct line)::int as lines from import_errors
      where tenant_id = ${tenantId}`;
    expect(errors).toEqual([{ count: REFUSED, lines: REFUSED }]);
  },
  60_000,
);
