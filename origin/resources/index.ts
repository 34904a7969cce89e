/** Every resource's handlers, one line each; `origin/handlers.ts` joins them. */

export { authHandlers } from "./access/auth/handlers.ts";
export { clientHandlers } from "./access/clients/handlers.ts";
export { accessHandlers } from "./access/handlers.ts";
export { revocationHandlers } from "./access/revocations.ts";
export { userHandlers } from "./access/users/handlers.ts";
export { auditHandlers } from "./audit/handlers.ts";
export { categoryHandlers } from "./categories/handlers.ts";
export { importHandlers } from "./imports/handlers.ts";
export { orderHandlers } from "./orders/handlers.ts";
export { priceHandlers } from "./prices/handlers.ts";
export { productHandlers } from "./products/handlers.ts";
export { serviceHandlers } from "./service.ts";
export { stockHandlers } from "./stock/handlers.ts";
export { webhookDeliveryHandlers } from "./webhooks/deliveries.ts";
export { webhookHandlers } from "./webhooks/handlers.ts";
