import { randomUUID } from "node:crypto";
import postgres from "postgres";
import { originFlags } from "#scripts/local/start-command.ts";
import type { Check } from "../../bars/part.ts";
import { post } from "../../contestant.ts";
import { type Catalogue, POOL_SIZE, placesIn } from "../../contestants/catalogue.ts";
import { assertionFor } from "../../contestants/origin-server.ts";
import { productId } from "../../contestants/product.ts";
import { TENANT } from "../../contestants/token.ts";
import { measure, receive, type Server, start, startServer } from "../../process.ts";
import { spreadOf } from "../../report/statistics.ts";
import { show } from "../../report/table.ts";
import type { Part, Settings } from "../part.ts";
import type { SqlOrders, SqlOrdersDone } from "../sql-orders.ts";

/** Orders a second, of one product that everybody wants and of many, beside what Postgres alone places. */

const ON_HAND = 1_000_000_000;
const WARM_UP_SECONDS = 0.5;
/** More than can be placed, so that no key comes twice. */
const REQUESTS_A_SECOND = 4_000;
const REPLAYED = "idempotency-replayed";

type Rates = { readonly origin: number; readonly sql: number; readonly p99: number };

export const orders: Part = {
  name: "c",
  title: "Orders of one piece, beside the same rows written by SQL alone",
  async run({ settings, progress, catalogue }) {
    const where = await catalogue();
    const many = placesIn(JSON.stringify(where)).map(productId);
    await stockUp(where, many);
    const loads = { "one hot product": many.slice(0, 1), [`${many.length} products in turn`]: many };
    const server = await startServer("origin-read", JSON.stringify(where), originFlags());
    try {
      const checks: Check[] = [];
      const details: Record<string, readonly Rates[]> = {};
      for (const [name, products] of Object.entries(loads)) {
        const rounds: Rates[] = [];
        for (let round = 0; round < settings.rounds; round++) {
          progress(`${name}, round ${round + 1}/${settings.rounds}`);
          const throughOrigin = await placeThrough(server, settings, products);
          const sql = await placeBySql(where, settings, products);
          rounds.push({ ...throughOrigin, sql });
        }
        checks.push(...checksOf(name, rounds));
        details[name] = rounds;
      }
      return { checks, details };
    } finally {
      server.stop();
    }
  },
};

function checksOf(name: string, rounds: readonly Rates[]): Check[] {
  const check = (what: string, figures: readonly number[], unit: string, digits: number): Check => {
    const spread = spreadOf(figures);
    const note = `rounds ${show(spread, digits)}`;
    return { what: `${name}: ${what}`, figure: spread.median, unit, bar: { kind: "none" }, note };
  };
  return [
    check(
      "through the origin",
      rounds.map(({ origin }) => origin),
      "orders/s",
      0,
    ),
    check(
      "SQL alone",
      rounds.map(({ sql }) => sql),
      "orders/s",
      0,
    ),
    check(
      "ratio",
      rounds.map(({ origin, sql }) => origin / sql),
      "",
      2,
    ),
    check(
      "p99 through the origin",
      rounds.map(({ p99 }) => p99),
      "ms",
      1,
    ),
  ];
}

async function stockUp({ ownerUrl }: Catalogue, productIds: readonly string[]): Promise<void> {
  const sql = postgres(ownerUrl, { max: 1, onnotice: () => {} });
  await sql`
    insert into stock_levels (tenant_id, product_id, location, on_hand, reserved, version)
    select ${TENANT}, id, 'main', ${ON_HAND}, 0, 1 from unnest(${productIds}::uuid[]) as id
    on conflict do nothing`;
  await sql.end();
}

/** @throws Error when an order was refused, or placed before */
async function placeThrough({ serving }: Server, { seconds }: Settings, productIds: readonly string[]) {
  const count = Math.ceil((seconds + WARM_UP_SECONDS) * REQUESTS_A_SECOND);
  const job = {
    port: serving.port,
    requests: Array.from({ length: count }, (_, i) => orderOf(productIds[i % productIds.length] ?? "")),
    connections: 32,
    warmUp: WARM_UP_SECONDS,
    seconds,
    rate: null,
    countBy: REPLAYED,
  };
  const { requestsPerSecond, p99, failures, counts } = await measure(job, serving);
  if (failures > 0) throw new Error(`${failures} orders were refused`);
  if ((counts["true"] ?? 0) > 0) throw new Error(`${counts["true"]} orders had been placed before`);
  return { origin: requestsPerSecond, p99 };
}

function orderOf(product: string): string {
  const body = { currency: "EUR", lines: [{ productId: product, quantity: 1 }] };
  const assertion = assertionFor("POST /v1/orders", ["orders:write"]);
  return post("/v1/orders", body, { ...assertion, "idempotency-key": randomUUID() });
}

async function placeBySql({ ownerUrl }: Catalogue, { seconds }: Settings, productIds: readonly string[]) {
  const child = start("./origin/sql-orders.ts", []);
  try {
    const job: SqlOrders = { ownerUrl, connections: POOL_SIZE, seconds, productIds };
    child.send(job);
    return (await receive(child, (done: SqlOrdersDone) => done)).ordersPerSecond;
  } finally {
    child.kill();
  }
}
