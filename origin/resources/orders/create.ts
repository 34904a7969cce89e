import { and, eq, isNull, type SQLWrapper, sql } from "drizzle-orm";
import { Problem } from "#shared/problems.ts";
import type { Order, OrderCreate } from "#shared/resources/order-schemas.ts";
import type { orders as routes } from "#shared/resources/orders.ts";
import type { HandlersOf } from "../../call.ts";
import type { Transaction } from "../../db/client.ts";
import { arrayOf } from "../../db/encoding.ts";
import { recordEvents } from "../../db/events.ts";
import { send } from "../../db/pipeline.ts";
import { build, prepareStatement } from "../../db/statement.ts";
import { prices } from "../../db/tables/prices.ts";
import { products } from "../../db/tables/products.ts";
import { etagOf } from "../../etag.ts";
import type { Services } from "../../services.ts";
import { currentPrices, inForce, statedPrice } from "../prices/in-force.ts";
import { allocate } from "../stock/allocate.ts";
import { hold } from "../stock/hold.ts";
import { shortageCounter } from "../stock/metrics.ts";
import { lockLevels } from "../stock/move.ts";
import { newId } from "./ids.ts";
import { orderCounter } from "./metrics.ts";
import { demandOf, type Offer, type PricedOrder, price, shortages } from "./pricing.ts";

const DEFAULT_TTL_SECONDS = 900;

export function orderCreation({
  write,
  now,
  registry,
}: Services): Pick<HandlersOf<typeof routes>, "createOrder"> {
  const countPlaced = orderCounter(registry);
  const countShortage = shortageCounter(registry, "orders");
  return {
    async createOrder(call) {
      const { tenantId } = call.caller;
      const placing = write(call, async (tx, changes) => {
        const moment = now();
        const demand = demandOf(call.body);
        const offers = await findOffers(tx, call.body, demand.keys(), moment);
        const priced = price(call.body, offers);
        if (priced.kind === "violations") throw new Problem("unprocessable", { errors: priced.violations });

        const order = orderOf(call.body, priced, moment);
        send(tx, insert(tx, { tenant: tenantId, ...order, lines: JSON.stringify(order.lines) }));
        send(tx, recordEvents(tx, tenantId, [{ type: "order.placed", data: order }]));
        // As late as can be: others that order the same wait from here until the commit, which is sent next.
        const levels = await lockLevels(tx, demand.keys());
        const allocated = allocate(demand, levels);
        if (allocated.kind === "short")
          throw new Problem("conflict", { errors: shortages(call.body, allocated.available) });

        const holder = { orderId: order.id, expiresAt: null };
        await hold(tx, tenantId, levels, allocated.allocations, holder, changes);
        changes.push({ collection: "orders", itemId: order.id });
        const headers = { etag: etagOf(order.version), location: `/v1/orders/${order.id}` };
        return { status: 201, body: order, headers } as const;
      });
      return countPlaced(countShortage(placing));
    },
  };
}

/** The products that exist, each with what it costs at this moment. */
async function findOffers(
  tx: Transaction,
  { currency }: OrderCreate,
  productIds: Iterable<string>,
  now: number,
): Promise<Map<string, Offer>> {
  const moment = new Date(now).toISOString();
  const rows = await offers(tx, { products: arrayOf(productIds), currency, now: moment });
  return new Map(
    rows.map((row) => {
      const current = currentPrices(row, [row]).find((one) => one.currency === currency);
      const { id, sku, name, status } = row;
      return [id, { sku, name, isActive: status === "active", unitMinor: current?.amountMinor ?? null }];
    }),
  );
}

const among = (column: SQLWrapper) => sql`${column} = any(${sql.placeholder("products")}::uuid[])`;
const dated = inForce(
  build,
  and(among(prices.productId), eq(prices.currency, sql.placeholder("currency"))),
  sql`${sql.placeholder("now")}::timestamptz`,
);
const offered = {
  id: products.id,
  sku: products.sku,
  name: products.name,
  status: products.status,
  ...statedPrice,
  priceId: dated.priceId,
  currency: dated.currency,
  listMinor: dated.listMinor,
  saleMinor: dated.saleMinor,
};
const offers = prepareStatement(
  offered,
  build
    .select(offered)
    .from(products)
    .leftJoin(dated, eq(dated.productId, products.id))
    .where(and(among(products.id), isNull(products.deletedAt))),
);

function orderOf(
  { currency, reference = null, ttlSeconds = DEFAULT_TTL_SECONDS }: OrderCreate,
  { lines, totalMinor }: PricedOrder,
  now: number,
): Order {
  const createdAt = new Date(now).toISOString();
  const expiresAt = new Date(now + ttlSeconds * 1_000).toISOString();
  return {
    id: newId(now),
    state: "pending",
    currency,
    totalMinor,
    reference,
    expiresAt,
    version: 1,
    createdAt,
    updatedAt: createdAt,
    lines: [...lines],
  };
}

const given = (name: keyof Order | "tenant") => sql.placeholder(name);
const insert = prepareStatement(
  {},
  sql`
    with placed as (
      insert into orders (tenant_id, id, state, currency, total_minor, reference, expires_at, version, created_at, updated_at)
      values (${given("tenant")}, ${given("id")}, ${given("state")}, ${given("currency")}, ${given("totalMinor")},
        ${given("reference")}, ${given("expiresAt")}, ${given("version")}, ${given("createdAt")}, ${given("updatedAt")})
      returning tenant_id, id
    )
    insert into order_lines (tenant_id, order_id, line, product_id, sku, name, quantity, unit_minor, line_total_minor)
    select placed.tenant_id, placed.id, line - 1, "productId", sku, name, quantity, "unitMinor", "lineTotalMinor"
    from placed, rows from (json_to_recordset(${given("lines")}::json) as (
      "productId" uuid, sku text, name text, quantity int, "unitMinor" bigint, "lineTotalMinor" bigint
    )) with ordinality as lines ("productId", sku, name, quantity, "unitMinor", "lineTotalMinor", line)`,
);
