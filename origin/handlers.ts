import type { GatehouseContract } from "#shared/contract.ts";
import type { HandlersOf } from "./call.ts";
import { accessHandlers } from "./resources/access/handlers.ts";
import { categoryHandlers } from "./resources/categories.ts";
import { productHandlers } from "./resources/products/handlers.ts";
import { serviceHandlers } from "./resources/service.ts";
import type { Services } from "./services.ts";

export type Handlers = HandlersOf<GatehouseContract>;

/** Every resource's handlers: one line per resource. */
export function createHandlers(services: Services): Handlers {
  return {
    ...serviceHandlers(),
    ...accessHandlers(services),
    ...categoryHandlers(services),
    ...productHandlers(services),
  };
}
