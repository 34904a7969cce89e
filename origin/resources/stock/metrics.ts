import { Counter, type Registry } from "prom-client";
import { Problem } from "#shared/problems.ts";
import { isReplay } from "../../db/idempotency.ts";

/**
 * Counts what is refused for want of stock; a refusal that is only repeated is none.
 * @returns what a write is passed through
 */
export function shortageCounter(
  registry: Registry,
  refused: "orders" | "reservations",
): <R>(writing: Promise<R>) => Promise<R> {
  const counter = new Counter({
    name: `gatehouse_${refused}_out_of_stock_total`,
    help: `How many ${refused} were refused for want of stock`,
    registers: [registry],
  });
  return function countShortage(writing) {
    return writing.catch((error: unknown) => {
      if (isShortage(error)) counter.inc();
      throw error;
    });
  };
}

function isShortage(error: unknown): boolean {
  if (!(error instanceof Problem) || isReplay(error)) return false;
  return error.members.errors?.some(({ rule }) => rule === "available") ?? false;
}
