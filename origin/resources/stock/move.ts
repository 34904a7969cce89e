import { asc, inArray, sql } from "drizzle-orm";
import { v7 as uuidv7 } from "uuid";
import type { Change } from "#shared/changes.ts";
import type { MovementCause } from "#shared/resources/stock-schemas.ts";
import type { Transaction } from "../../db/client.ts";
import { arrayOf } from "../../db/encoding.ts";
import { type Pipelined, send } from "../../db/pipeline.ts";
import { build, prepareStatement } from "../../db/statement.ts";
import { products } from "../../db/tables/products.ts";
import { stockLevels } from "../../db/tables/stock.ts";
import { crossing, type Level } from "./allocate.ts";

/**
 * The one way in which stock changes: levels are locked, changed together with their rows in the ledger,
 * and products told whether they are in stock.
 *
 * Locks are taken in one order, so that transactions wait for each other in one direction only: the order
 * or reservation, levels by product and location, products by id (docs/decisions/0010-stock.md).
 */

/** One change of one level, at most one for a level in a transaction. */
export type Move = {
  readonly productId: string;
  readonly location: string;
  readonly cause: MovementCause;
  readonly onHandChange: number;
  readonly reservedChange: number;
  readonly reason?: string;
  readonly reservationId?: string;
  readonly orderId?: string | null;
};

/** Locks every level of these products; answers them in order of product and location. */
export function lockLevels(tx: Transaction, productIds: Iterable<string>): Promise<Level[]> {
  return lock(tx, { products: arrayOf(productIds) });
}

const level = {
  productId: stockLevels.productId,
  location: stockLevels.location,
  onHand: stockLevels.onHand,
  reserved: stockLevels.reserved,
  version: stockLevels.version,
};
const lock = prepareStatement(
  level,
  build
    .select(level)
    .from(stockLevels)
    .where(sql`${stockLevels.productId} = any(${sql.placeholder("products")}::uuid[])`)
    .orderBy(asc(stockLevels.productId), asc(stockLevels.location))
    .for("update"),
);

/**
 * Changes levels and writes the ledger.
 * @param levels all of the products', as `lockLevels` answered them
 */
export async function moveStock(
  tx: Pipelined,
  levels: readonly Level[],
  moves: readonly Move[],
  changes: Change[],
): Promise<void> {
  if (moves.length === 0) return;
  requireOneEach(moves, levels);
  const rows = moves.map((move) => ({ id: uuidv7(), ...move }));
  send(tx, record(tx, { moves: JSON.stringify(rows) }));
  const changed = new Set(moves.map(({ productId }) => productId));
  for (const itemId of changed) changes.push({ collection: "stock", itemId });
  for (const itemId of await tellProducts(tx, crossing(levels, moves)))
    changes.push({ collection: "products", itemId });
}

/** @throws Error when a move would be lost: its level is not locked, or another has it already */
function requireOneEach(moves: readonly Move[], levels: readonly Level[]): void {
  const locked = new Set(levels.map(({ productId, location }) => `${productId} ${location}`));
  for (const { productId, location } of moves) {
    if (locked.delete(`${productId} ${location}`)) continue;
    throw new Error(`there is no level for a move of ${productId} at ${location}`);
  }
}

const record = prepareStatement(
  {},
  sql`
    with move as (
      select * from json_to_recordset(${sql.placeholder("moves")}::json) as move (id uuid, "productId" uuid, location text, cause text,
        "onHandChange" int, "reservedChange" int, reason text, "reservationId" uuid, "orderId" uuid)
    ), changed as (
      update stock_levels as level
      set on_hand = level.on_hand + move."onHandChange", reserved = level.reserved + move."reservedChange",
        version = level.version + 1, updated_at = now()
      from move where level.product_id = move."productId" and level.location = move.location
      returning level.tenant_id, level.product_id, level.on_hand, level.reserved, level.version, move.*
    )
    insert into stock_movements (tenant_id, id, product_id, location, cause, on_hand_change, reserved_change,
      on_hand, reserved, version, reason, reservation_id, order_id)
    select tenant_id, id, product_id, location, cause, "onHandChange", "reservedChange",
      on_hand, reserved, version, reason, "reservationId", "orderId" from changed`,
);

/**
 * Makes products say whether they are in stock. Their rows are locked first and the levels looked at
 * anew: another transaction may have made the first level of a product that it could not see locked.
 * @returns those that say something else now
 */
async function tellProducts(tx: Transaction, productIds: readonly string[]): Promise<string[]> {
  if (productIds.length === 0) return [];
  const which = inArray(products.id, [...productIds]);
  await tx.select({ id: products.id }).from(products).where(which).orderBy(products.id).for("no key update");
  const told = await tx.execute<{ id: string }>(sql`
    update products set stock_available = level.available, version = products.version + 1, updated_at = now()
    from (
      select product_id, bool_or(on_hand > reserved) as available from stock_levels
      where ${inArray(stockLevels.productId, [...productIds])} group by product_id
    ) as level
    where products.id = level.product_id and products.stock_available is distinct from level.available
    returning products.id`);
  return told.map(({ id }) => id);
}
