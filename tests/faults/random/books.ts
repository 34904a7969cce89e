import type { Sql } from "postgres";
import type { Acknowledged } from "./shop.ts";

/** Compares what was acknowledged with what is in the database: nothing is lost, nothing there twice. */

type Figures = { readonly onHand: number; readonly reserved: number };

const RESERVING: ReadonlySet<string> = new Set(["pending", "paid"]);

/** @returns a line for each difference */
export async function compareBooks(sql: Sql, told: Acknowledged): Promise<string[]> {
  const movements = await sql<{ reason: string; productId: string; change: number }[]>`
    select reason, product_id as "productId", on_hand_change as change
    from stock_movements where cause = 'adjusted'`;
  const orders = await sql<{ reference: string; id: string; state: string }[]>`
    select reference, id, state from orders`;
  const products = await sql<{ sku: string; id: string }[]>`select sku, id from products`;
  const levels = await sql<(Figures & { productId: string })[]>`
    select product_id as "productId", on_hand as "onHand", reserved from stock_levels`;
  return [
    ...differing(
      "adjustment",
      movements.map(({ reason, productId, change }) => [reason, `${change} of ${productId}`]),
      [...told.adjustments].map(([reason, { productId, change }]) => [reason, `${change} of ${productId}`]),
    ),
    ...differing(
      "order",
      orders.map(({ reference, id, state }) => [reference, `${id}, ${state}`]),
      [...told.orders].map(([reference, { id, state }]) => [reference, `${id}, ${state}`]),
    ),
    ...differing(
      "product",
      products.map(({ sku, id }) => [sku, id]),
      [...told.products],
    ),
    ...differing(
      "stock of",
      levels.map(({ productId, onHand, reserved }) => [productId, `${onHand} on hand, ${reserved} reserved`]),
      [...expectedLevels(told)].map(([productId, { onHand, reserved }]) => [
        productId,
        `${onHand} on hand, ${reserved} reserved`,
      ]),
    ),
  ];
}

type Entries = readonly (readonly [name: string, value: string])[];

/** Both ways round: what was told and is not there as it was told, and what is there and was not told, or twice. */
function differing(what: string, there: Entries, told: Entries): string[] {
  const stored = new Map<string, string[]>();
  for (const [name, value] of there) stored.set(name, [...(stored.get(name) ?? []), value]);
  const known = new Map(told);
  return [
    ...told.flatMap(([name, value]) => {
      const found = stored.get(name) ?? [];
      if (found.length === 0) return [`${what} ${name} (${value}) was acknowledged and is not there`];
      return found.includes(value) ? [] : [`${what} ${name} is ${found.join(" and ")}; told was ${value}`];
    }),
    ...[...stored].flatMap(([name, values]) => [
      ...(values.length > 1 ? [`${what} ${name} is there ${values.length} times`] : []),
      ...(known.has(name) ? [] : [`${what} ${name} (${values[0]}) is there and nobody was told`]),
    ]),
  ];
}

/** What was put in, less what was handed over; and what open orders hold of it. */
function expectedLevels({ adjustments, orders }: Acknowledged): ReadonlyMap<string, Figures> {
  const levels = new Map<string, Figures>();
  const add = (productId: string, onHand: number, reserved: number) => {
    const level = levels.get(productId) ?? { onHand: 0, reserved: 0 };
    levels.set(productId, { onHand: level.onHand + onHand, reserved: level.reserved + reserved });
  };
  for (const { productId, change } of adjustments.values()) add(productId, change, 0);
  for (const { lines, state } of orders.values()) {
    for (const { productId, quantity } of lines) {
      if (state === "fulfilled") add(productId, -quantity, 0);
      else if (RESERVING.has(state)) add(productId, 0, quantity);
    }
  }
  return levels;
}
