/** Every resource's handlers, one line each; `origin/handlers.ts` joins them. */
export { accessHandlers } from "./access/handlers.ts";
export { revocationHandlers } from "./access/revocations.ts";
export { categoryHandlers } from "./categories.ts";
export { priceHandlers } from "./prices/handlers.ts";
export { productHandlers } from "./products/handlers.ts";
export { serviceHandlers } from "./service.ts";
