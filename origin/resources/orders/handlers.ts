import type { orders as routes } from "#shared/resources/orders.ts";
import type { HandlersOf } from "../../call.ts";
import type { Services } from "../../services.ts";
import { orderCreation } from "./create.ts";
import { orderReads } from "./reads.ts";
import { orderSteps } from "./steps.ts";

export function orderHandlers(services: Services): HandlersOf<typeof routes> {
  return { ...orderReads(services), ...orderCreation(services), ...orderSteps(services) };
}
