import { and, eq, inArray, isNull } from "drizzle-orm";
import { Problem } from "#shared/problems.ts";
import type { Order, OrderCreate } from "#shared/resources/order-schemas.ts";
import type { orders as routes } from "#shared/resources/orders.ts";
import type { HandlersOf } from "../../call.ts";
import type { Transaction } from "../../db/client.ts";
import { recordEvents } from "../../db/events.ts";
import { orderLines, orders } from "../../db/tables/orders.ts";
import { prices } from "../../db/tables/prices.ts";
import { products } from "../../db/tables/products.ts";
import { etagOf } from "../../etag.ts";
import type { Services } from "../../services.ts";
import { currentPrices, inForce, statedPrice } from "../prices/in-force.ts";
import { allocate } from "../stock/allocate.ts";
import { hold } from "../stock/hold.ts";
import { lockLevels } from "../stock/move.ts";
import { orderColumns } from "./columns.ts";
import { newId } from "./ids.ts";
import { demandOf, type Offer, type PricedOrder, price, shortages } from "./pricing.ts";

const DEFAULT_TTL_SECONDS = 900;

export function orderCreation({ write, now }: Services): Pick<HandlersOf<typeof routes>, "createOrder"> {
  return {
    async createOrder(call) {
      const { tenantId } = call.caller;
      return write(call, async (tx, changes) => {
        const moment = now();
        const demand = demandOf(call.body);
        const offers = await findOffers(tx, call.body, [...demand.keys()], moment);
        const priced = price(call.body, offers);
        if (priced.kind === "violations") throw new Problem("unprocessable", { errors: priced.violations });

        const order = await insert(tx, tenantId, call.body, priced, moment);
        await recordEvents(tx, tenantId, [{ type: "order.placed", data: order }]);
        // As late as can be: others that order the same wait from here on.
        const levels = await lockLevels(tx, [...demand.keys()]);
        const allocated = allocate(demand, levels);
        if (allocated.kind === "short")
          throw new Problem("conflict", { errors: shortages(call.body, allocated.available) });

        const holder = { orderId: order.id, expiresAt: null };
        await hold(tx, tenantId, levels, allocated.allocations, holder, changes);
        changes.push({ collection: "orders", itemId: order.id });
        const headers = { etag: etagOf(order.version), location: `/v1/orders/${order.id}` };
        return { status: 201, body: order, headers };
      });
    },
  };
}

/** The products that exist, each with what it costs at this moment. */
async function findOffers(
  tx: Transaction,
  { currency }: OrderCreate,
  productIds: readonly string[],
  now: number,
): Promise<Map<string, Offer>> {
  const ids = [...productIds];
  const which = and(inArray(prices.productId, ids), eq(prices.currency, currency));
  const dated = inForce(tx, which, new Date(now).toISOString());
  const rows = await tx
    .select({
      id: products.id,
      sku: products.sku,
      name: products.name,
      status: products.status,
      ...statedPrice,
      priceId: dated.priceId,
      currency: dated.currency,
      listMinor: dated.listMinor,
      saleMinor: dated.saleMinor,
    })
    .from(products)
    .leftJoin(dated, eq(dated.productId, products.id))
    .where(and(inArray(products.id, ids), isNull(products.deletedAt)))
    .prepare("find_offers")
    .execute();
  return new Map(
    rows.map((row) => {
      const current = currentPrices(row, [row]).find((one) => one.currency === currency);
      const { id, sku, name, status } = row;
      return [id, { sku, name, isActive: status === "active", unitMinor: current?.amountMinor ?? null }];
    }),
  );
}

async function insert(
  tx: Transaction,
  tenantId: string,
  { currency, reference = null, ttlSeconds = DEFAULT_TTL_SECONDS }: OrderCreate,
  { lines, totalMinor }: PricedOrder,
  now: number,
): Promise<Order> {
  const id = newId(now);
  const createdAt = new Date(now).toISOString();
  const [order] = await tx
    .insert(orders)
    .values({
      tenantId,
      id,
      state: "pending",
      currency,
      totalMinor,
      reference,
      expiresAt: new Date(now + ttlSeconds * 1_000).toISOString(),
      createdAt,
      updatedAt: createdAt,
    })
    .returning(orderColumns)
    .prepare("create_order")
    .execute();
  if (order === undefined) throw new Error("the insert returned no row");
  await tx
    .insert(orderLines)
    .values(lines.map((line, at) => ({ tenantId, orderId: id, line: at, ...line })))
    .prepare("create_order_lines")
    .execute();
  return { ...order, lines: [...lines] };
}
