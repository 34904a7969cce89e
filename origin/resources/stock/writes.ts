import { and, eq, isNull } from "drizzle-orm";
import { Problem } from "#shared/problems.ts";
import type { stock as routes } from "#shared/resources/stock.ts";
import { MAX_QUANTITY, type StockLevel } from "#shared/resources/stock-schemas.ts";
import type { HandlersOf } from "../../call.ts";
import type { Transaction } from "../../db/client.ts";
import { products } from "../../db/tables/products.ts";
import { stockLevels } from "../../db/tables/stock.ts";
import { etagOf, requireMatch } from "../../etag.ts";
import type { Services } from "../../services.ts";
import { availableOf, type Level } from "./allocate.ts";
import { levelColumns, levelOf } from "./columns.ts";
import { lockLevels, moveStock } from "./move.ts";

type Writes = Pick<HandlersOf<typeof routes>, "setStockLevel" | "adjustStock">;
type Place = { readonly productId: string; readonly location: string };

export function stockWrites({ write }: Services): Writes {
  return {
    async setStockLevel(call) {
      const ifMatch = call.headers["if-match"];
      const { onHand, reason } = call.body;
      return write(call, async (tx, changes) => {
        const { levels, level } = await lockLevel(tx, call.caller.tenantId, call.params);
        const isNew = level.version === 0;
        if (!isNew && ifMatch === undefined) throw new Problem("precondition-required");
        if (ifMatch !== undefined) requireLevel(ifMatch, level);
        if (onHand < level.reserved) throw refusal("conflict", "/onHand", "reserved", reservedDetail(level));
        const onHandChange = onHand - level.onHand;
        const move = { ...call.params, cause: "counted", onHandChange, reservedChange: 0, reason } as const;
        await moveStock(tx, levels, [move], changes);
        const now = await read(tx, call.params);
        const headers = { etag: etagOf(now.version) };
        if (!isNew) return { status: 200, body: now, headers };
        const { productId, location } = call.params;
        const place = `/v1/products/${productId}/stock/${location}`;
        return { status: 201, body: now, headers: { ...headers, location: place } };
      });
    },

    async adjustStock(call) {
      const ifMatch = call.headers["if-match"];
      const { change, reason } = call.body;
      return write(call, async (tx, changes) => {
        if (change === 0) throw refusal("unprocessable", "/change", "not", "must not be 0");
        const { levels, level } = await lockLevel(tx, call.caller.tenantId, call.params);
        if (ifMatch !== undefined) requireLevel(ifMatch, level);
        if (availableOf(level) + change < 0)
          throw refusal("conflict", "/change", "available", `only ${availableOf(level)} are available`);
        if (level.onHand + change > MAX_QUANTITY)
          throw refusal("unprocessable", "/change", "maximum", `would make more than ${MAX_QUANTITY}`);
        const move = {
          ...call.params,
          cause: "adjusted",
          onHandChange: change,
          reservedChange: 0,
          reason,
        } as const;
        await moveStock(tx, levels, [move], changes);
        const now = await read(tx, call.params);
        return { status: 200, body: now, headers: { etag: etagOf(now.version) } };
      });
    },
  };
}

/** A level that was only just made is none: `*` does not match it either (RFC 9110 §13.1.1). */
function requireLevel(ifMatch: string, { version }: Level): void {
  if (version === 0)
    throw new Problem("precondition-failed", { detail: "there is no level at this location" });
  requireMatch(ifMatch, version);
}

function reservedDetail({ reserved }: Level): string {
  return `must not be less than what is reserved, ${reserved}`;
}

function refusal(code: "conflict" | "unprocessable", pointer: string, rule: string, detail: string): Problem {
  return new Problem(code, { errors: [{ in: "body", pointer, rule, detail }] });
}

/** Locks the level, which is made if need be, and the product's others with it. */
async function lockLevel(
  tx: Transaction,
  tenantId: string,
  { productId, location }: Place,
): Promise<{ levels: Level[]; level: Level }> {
  const [product] = await tx
    .select({ id: products.id })
    .from(products)
    .where(and(eq(products.id, productId), isNull(products.deletedAt)));
  if (product === undefined) throw new Problem("not-found");
  await tx
    .insert(stockLevels)
    .values({ tenantId, productId, location, onHand: 0, reserved: 0, version: 0 })
    .onConflictDoNothing();
  const levels = await lockLevels(tx, [productId]);
  const level = levels.find((one) => one.location === location);
  if (level === undefined) throw new Error("the level that was just made is not there");
  return { levels, level };
}

async function read(tx: Transaction, { productId, location }: Place): Promise<StockLevel> {
  const [row] = await tx
    .select(levelColumns)
    .from(stockLevels)
    .where(and(eq(stockLevels.productId, productId), eq(stockLevels.location, location)));
  if (row === undefined) throw new Error("the level that was just changed is not there");
  return levelOf(row);
}
