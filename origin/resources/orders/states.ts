import type { OrderState } from "#shared/resources/order-schemas.ts";

/** The states of an order: from where each step may be taken, where it leads, and what becomes of the stock. */

export type Step = "pay" | "fulfil" | "cancel" | "expire";

/** `kept`: reserved as before. Otherwise its reservations end in this way. */
type StockOutcome = "kept" | "fulfilled" | "released" | "expired";

type Transition = {
  readonly from: readonly OrderState[];
  readonly to: Exclude<OrderState, "pending">;
  readonly stock: StockOutcome;
};

const TRANSITIONS: Readonly<Record<Step, Transition>> = {
  pay: { from: ["pending"], to: "paid", stock: "kept" },
  fulfil: { from: ["paid"], to: "fulfilled", stock: "fulfilled" },
  cancel: { from: ["pending", "paid"], to: "cancelled", stock: "released" },
  expire: { from: ["pending"], to: "expired", stock: "expired" },
};

/**
 * @param due whether the time to pay is up: then all that a pending order can still do is expire or be cancelled
 * @returns null when the step cannot be taken
 */
export function transition(state: OrderState, step: Step, due: boolean): Transition | null {
  const { from } = TRANSITIONS[step];
  if (!from.includes(state)) return null;
  if (step === "pay" && due) return null;
  if (step === "expire" && !due) return null;
  return TRANSITIONS[step];
}
