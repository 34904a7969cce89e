import { and, eq } from "drizzle-orm";
import { Problem } from "#shared/problems.ts";
import type { OrderSummary } from "#shared/resources/order-schemas.ts";
import type { orders as routes } from "#shared/resources/orders.ts";
import type { Call, HandlersOf } from "../../call.ts";
import type { Transaction } from "../../db/client.ts";
import { ofTenant } from "../../db/of-tenant.ts";
import { orders } from "../../db/tables/orders.ts";
import { etagOf, requireIfMatch, requireMatch } from "../../etag.ts";
import type { Services } from "../../services.ts";
import { orderColumns } from "./columns.ts";
import type { Step } from "./states.ts";
import { takeStep } from "./step.ts";

type Steps = Pick<HandlersOf<typeof routes>, "payOrder" | "fulfilOrder" | "cancelOrder">;
type StepCall =
  | Call<typeof routes.payOrder>
  | Call<typeof routes.fulfilOrder>
  | Call<typeof routes.cancelOrder>;

export function orderSteps({ write, now }: Services): Steps {
  async function take(call: StepCall, step: Step) {
    const ifMatch = requireIfMatch(call.headers);
    return write(call, async (tx, changes) => {
      const order = await lock(tx, call.params.orderId);
      requireMatch(ifMatch, order.version);
      const after = await takeStep(tx, call.caller.tenantId, order, step, now(), changes);
      if (after === null) throw outOfPlace(order, step);
      return { status: 200 as const, body: after, headers: { etag: etagOf(after.version) } };
    });
  }

  return {
    payOrder: (call) => take(call, "pay"),
    fulfilOrder: (call) => take(call, "fulfil"),
    cancelOrder: (call) => take(call, "cancel"),
  };
}

function outOfPlace({ state }: OrderSummary, step: Step): Problem {
  const detail =
    state === "pending" && step === "pay"
      ? "the time to pay the order is up"
      : `an order that is ${state} does not take the step ${step}`;
  return new Problem("conflict", { detail });
}

async function lock(tx: Transaction, id: string): Promise<OrderSummary> {
  const [order] = await tx
    .select(orderColumns)
    .from(orders)
    .where(and(ofTenant(orders), eq(orders.id, id)))
    .for("update");
  if (order === undefined) throw new Problem("not-found");
  return order;
}
