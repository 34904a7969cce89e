import type { Sql } from "postgres";
import type { Acknowledged } from "./shop.ts";

/** Compares what was acknowledged with what is in the database: nothing is lost, nothing there twice. */

type Figures = { readonly onHand: number; readonly reserved: number };

type Told = Pick<Acknowledged, "adjustments" | "orders" | "products">;

export type Stored = {
  readonly adjustments: readonly {
    readonly reason: string;
    readonly productId: string;
    readonly change: number;
  }[];
  readonly orders: readonly { readonly reference: string; readonly id: string; readonly state: string }[];
  readonly products: readonly { readonly sku: string; readonly id: string }[];
  readonly levels: readonly (Figures & { readonly productId: string })[];
};

const RESERVING: ReadonlySet<string> = new Set(["pending", "paid"]);

export async function readBooks(sql: Sql): Promise<Stored> {
  return {
    adjustments: await sql<Stored["adjustments"][number][]>`
      select reason, product_id as "productId", on_hand_change as change
      from stock_movements where cause = 'adjusted'`,
    orders: await sql<Stored["orders"][number][]>`select reference, id, state from orders`,
    products: await sql<Stored["products"][number][]>`select sku, id from products`,
    levels: await sql<Stored["levels"][number][]>`
      select product_id as "productId", on_hand as "onHand", reserved from stock_levels`,
  };
}

/** @returns a line for each difference */
export function compareBooks({ adjustments, orders, products, levels }: Stored, told: Told): string[] {
  return [
    ...differing(
      "adjustment",
      adjustments.map(({ reason, productId, change }) => [reason, `${change} of ${productId}`]),
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
      levels.map((level) => [level.productId, figuresOf(level)]),
      [...expectedLevels(told)].map(([productId, level]) => [productId, figuresOf(level)]),
    ),
  ];
}

const figuresOf = ({ onHand, reserved }: Figures) => `${onHand} on hand, ${reserved} reserved`;

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
function expectedLevels({ adjustments, orders }: Told): ReadonlyMap<string, Figures> {
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
