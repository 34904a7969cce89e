import type { Order, OrderLine, OrderSummary } from "#shared/resources/order-schemas.ts";
import { orderLines, orders } from "../../db/tables/orders.ts";

/** Between orders as the API knows them and their rows. */

export const orderColumns = {
  id: orders.id,
  state: orders.state,
  currency: orders.currency,
  totalMinor: orders.totalMinor,
  reference: orders.reference,
  expiresAt: orders.expiresAt,
  version: orders.version,
  createdAt: orders.createdAt,
  updatedAt: orders.updatedAt,
};

export const lineColumns = {
  productId: orderLines.productId,
  sku: orderLines.sku,
  name: orderLines.name,
  quantity: orderLines.quantity,
  unitMinor: orderLines.unitMinor,
  lineTotalMinor: orderLines.lineTotalMinor,
};

/** Makes an order of its rows, one for each line. Null: there are none. */
export function orderOf(rows: readonly (OrderSummary & OrderLine)[]): Order | null {
  const [first] = rows;
  if (first === undefined) return null;
  const { id, state, currency, totalMinor, reference, expiresAt, version, createdAt, updatedAt } = first;
  const summary = { id, state, currency, totalMinor, reference, expiresAt, version, createdAt, updatedAt };
  const lines = rows.map(({ productId, sku, name, quantity, unitMinor, lineTotalMinor }) => {
    return { productId, sku, name, quantity, unitMinor, lineTotalMinor };
  });
  return { ...summary, lines };
}
