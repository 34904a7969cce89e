import { Counter, type Registry } from "prom-client";
import type { Order } from "#shared/resources/order-schemas.ts";
import { isReplay } from "../../db/idempotency.ts";
import type { WriteReply } from "../../db/write.ts";

type Placed = WriteReply & { readonly body: Order };

/**
 * Counts orders that were placed, once they are committed; an answer that is only repeated is none.
 * @returns what the write is passed through
 */
export function orderCounter(registry: Registry): <R extends Placed>(placing: Promise<R>) => Promise<R> {
  const labelNames = ["currency"] as const;
  const registers = [registry];
  const orders = new Counter({
    name: "gatehouse_orders_placed_total",
    help: "Orders that were placed, by currency",
    labelNames,
    registers,
  });
  const value = new Counter({
    name: "gatehouse_orders_placed_value_minor_total",
    help: "What the orders that were placed came to, in the minor unit of their currency",
    labelNames,
    registers,
  });
  return async function countPlaced(placing) {
    const reply = await placing;
    if (isReplay(reply)) return reply;
    const { currency, totalMinor } = reply.body;
    orders.inc({ currency });
    value.inc({ currency }, totalMinor);
    return reply;
  };
}
