import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { expect } from "vitest";
import { expireOrders } from "#origin/resources/orders/expire.ts";
import { expireReservations } from "#origin/resources/stock/expire.ts";
import type { Answer } from "#tests/support/origin.ts";
import { type OriginApp, startOriginApp } from "#tests/support/origin-app.ts";
import { type Shop, shopOf } from "#tests/support/shop.ts";
import { newTenant, owner, stack } from "#tests/support/stack.ts";

/**
 * Whatever happens at the same time on 16 connections: what was delivered is on hand or sold, what is on
 * hand and promised is never more than there is, and no client hears of a deadlock.
 */

const CONNECTIONS = 16;
const PRODUCTS = 3;
const LOCATIONS = ["attic", "main"];

/** One request; numbers choose among what there is by then. */
type Act =
  | { readonly kind: "order"; readonly lines: readonly { product: number; quantity: number }[] }
  | { readonly kind: "step"; readonly verb: "pay" | "fulfil" | "cancel"; readonly order: number }
  | { readonly kind: "expire"; readonly order: number }
  | { readonly kind: "adjust"; readonly product: number; readonly location: number; readonly change: number }
  | { readonly kind: "reserve"; readonly product: number; readonly quantity: number }
  | { readonly kind: "release"; readonly reservation: number }
  | { readonly kind: "rename"; readonly product: number };

const product = fc.nat({ max: PRODUCTS - 1 });
const any = fc.nat({ max: 999 });
const quantity = fc.integer({ min: 1, max: 4 });

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("order" as const),
      lines: fc.array(fc.record({ product, quantity }), { minLength: 1, maxLength: 4 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("step" as const),
      verb: fc.constantFrom("pay" as const, "fulfil" as const, "cancel" as const),
      order: any,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("expire" as const), order: any }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("adjust" as const),
      product,
      location: fc.nat({ max: LOCATIONS.length - 1 }),
      change: fc.integer({ min: -5, max: 6 }).filter((change) => change !== 0),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("reserve" as const), product, quantity }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("release" as const), reservation: any }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("rename" as const), product }) },
);

/** Each inner list happens at once. */
export const histories = fc.array(fc.array(act, { minLength: CONNECTIONS, maxLength: CONNECTIONS }), {
  minLength: 2,
  maxLength: 4,
});
export type History = readonly (readonly Act[])[];

export type Hall = { readonly app: OriginApp; readonly stop: () => Promise<void> };

export async function openHall(): Promise<Hall> {
  const app = await startOriginApp(stack().originVariables, CONNECTIONS);
  return { app, stop: app.stop };
}

/** A tenant's products and what its clients know, from their answers alone. */
type World = {
  readonly hall: Hall;
  readonly shop: Shop;
  readonly tenantId: string;
  readonly products: readonly string[];
  readonly orders: string[];
  readonly reservations: string[];
  /** Pieces by product: adjusted, by answers that say so. */
  readonly delivered: Map<string, number>;
  readonly statuses: Set<number>;
};

/** @throws AssertionError when anything promised is broken, after any wave */
export async function playOut(hall: Hall, history: History): Promise<ReadonlySet<number>> {
  const { id: tenantId } = await newTenant();
  const shop = shopOf(tenantId, hall.app.url);
  const products = await Promise.all(Array.from({ length: PRODUCTS }, () => shop.newProduct(5)));
  const world: World = {
    hall,
    shop,
    tenantId,
    products,
    orders: [],
    reservations: [],
    delivered: new Map(products.map((id) => [id, 5])),
    statuses: new Set(),
  };
  for (const wave of history) {
    const answers = await Promise.all(wave.map((one) => perform(world, one)));
    for (const answer of answers) {
      if (answer === null) continue;
      expect([200, 201, 204, 409]).toContain(answer.status);
      world.statuses.add(answer.status);
    }
    await expectBalance(world);
  }
  return world.statuses;
}

const choose = <T>(from: readonly T[], at: number): T | undefined => from[at % from.length];

/** @returns null when there was nothing to do it to */
async function perform(world: World, one: Act): Promise<Answer | null> {
  const { shop, products, orders, reservations } = world;
  const { send } = shop;
  const productAt = (at: number) => choose(products, at) ?? "";
  switch (one.kind) {
    case "order": {
      const answer = await shop.order(one.lines.map((line) => [productAt(line.product), line.quantity]));
      if (answer.status === 201) orders.push(answer.json.id);
      return answer;
    }
    case "step": {
      const id = choose(orders, one.order);
      return id === undefined ? null : shop.step(id, one.verb);
    }
    case "expire": {
      await letExpire(world, choose(orders, one.order));
      return null;
    }
    case "adjust": {
      const id = productAt(one.product);
      const answer = await shop.adjust(id, one.change, choose(LOCATIONS, one.location));
      const { delivered } = world;
      if (answer.status === 200) delivered.set(id, (delivered.get(id) ?? 0) + one.change);
      return answer;
    }
    case "reserve": {
      const body = { productId: productAt(one.product), quantity: one.quantity };
      const answer = await send("/v1/reservations", { method: "POST", body });
      if (answer.status === 201) reservations.push(answer.json.id);
      return answer;
    }
    case "release": {
      const id = choose(reservations, one.reservation);
      return id === undefined ? null : send(`/v1/reservations/${id}`, { method: "DELETE" });
    }
    case "rename": {
      const headers = { "if-match": "*", "content-type": "application/merge-patch+json" };
      const body = { name: randomUUID() };
      return send(`/v1/products/${productAt(one.product)}`, { method: "PATCH", body, headers });
    }
  }
}

/** Makes an order's time up, and sweeps twice at once, as two processes do. */
async function letExpire({ hall, tenantId }: World, orderId: string | undefined): Promise<void> {
  if (orderId === undefined) return;
  await owner()`update orders set expires_at = now() - interval '1 second'
    where tenant_id = ${tenantId} and id = ${orderId} and state = 'pending'`;
  const { services } = hall.app;
  await Promise.all([
    expireOrders.run(services),
    expireOrders.run(services),
    expireReservations.run(services),
  ]);
}

async function expectBalance({ tenantId, products, delivered }: World): Promise<void> {
  const rows = await owner()<Balance[]>`
    select product.id,
      (select sum(on_hand)::int from stock_levels l where l.product_id = product.id) as "onHand",
      (select sum(reserved)::int from stock_levels l where l.product_id = product.id) as reserved,
      (select bool_and(on_hand >= reserved and reserved >= 0) from stock_levels l
        where l.product_id = product.id) as "inBounds",
      (select coalesce(sum(quantity), 0)::int from stock_reservations r
        where r.product_id = product.id and state = 'active') as held,
      (select coalesce(sum(quantity) filter (where state in ('pending', 'paid')), 0)::int
        from order_lines join orders on orders.id = order_id
        where order_lines.product_id = product.id) as promised,
      (select coalesce(sum(quantity), 0)::int from stock_reservations r
        where r.product_id = product.id and state = 'active' and order_id is null) as aside,
      (select coalesce(sum(quantity) filter (where state = 'fulfilled'), 0)::int
        from order_lines join orders on orders.id = order_id
        where order_lines.product_id = product.id) as sold,
      (select array[sum(on_hand_change), sum(reserved_change), count(*)]::int[] from stock_movements m
        where m.product_id = product.id) as ledger,
      (select sum(version)::int from stock_levels l where l.product_id = product.id) as versions,
      product.in_stock as "inStock"
    from products as product where tenant_id = ${tenantId}`;
  expect(rows).toHaveLength(products.length);
  for (const row of rows) {
    expect(row.inBounds).toBe(true);
    expect(row.onHand + row.sold).toBe(delivered.get(row.id));
    expect([row.held, row.promised + row.aside]).toEqual([row.reserved, row.reserved]);
    expect(row.ledger).toEqual([row.onHand, row.reserved, row.versions]);
    expect(row.inStock).toBe(row.onHand > row.reserved);
  }
}

type Balance = {
  readonly id: string;
  readonly onHand: number;
  readonly reserved: number;
  readonly inBounds: boolean;
  readonly held: number;
  readonly promised: number;
  readonly aside: number;
  readonly sold: number;
  readonly ledger: readonly number[];
  readonly versions: number;
  readonly inStock: boolean;
};
