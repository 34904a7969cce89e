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

export type Difference = {
  /** `otherwise`: there, and not as it was told; `untold`: there, and nobody was told. */
  readonly kind: "lost" | "doubled" | "otherwise" | "untold";
  readonly text: string;
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

export function compareBooks({ adjustments, orders, products, levels }: Stored, told: Told): Difference[] {
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
function differing(what: string, there: Entries, told: Entries): Difference[] {
  const stored = new Map<string, string[]>();
  for (const [name, value] of there) stored.set(name, [...(stored.get(name) ?? []), value]);
  const known = new Map(told);
  const missing = told.flatMap(([name, value]): Difference[] => {
    const found = stored.get(name) ?? [];
    if (found.includes(value)) return [];
    return found.length === 0
      ? [{ kind: "lost", text: `${what} ${name} (${value}) was acknowledged and is not there` }]
      : [{ kind: "otherwise", text: `${what} ${name} is ${found.join(" and ")}; told was ${value}` }];
  });
  const tooMany = [...stored].flatMap(([name, values]): Difference[] => [
    ...(values.length > 1
      ? [{ kind: "doubled", text: `${what} ${name} is there ${values.length} times` } as const]
      : []),
    ...(known.has(name)
      ? []
      : [{ kind: "untold", text: `${what} ${name} (${values[0]}) is there and nobody was told` } as const]),
  ]);
  return [...missing, ...tooMany];
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
