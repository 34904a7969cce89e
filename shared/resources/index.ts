/** Every resource, one line each; `contract.ts` joins their routes. */
export { access } from "./access.ts";
export { audit } from "./audit.ts";
export { auth } from "./auth.ts";
export { categories } from "./categories.ts";
export { clients } from "./clients.ts";
export { imports } from "./imports.ts";
export { orders } from "./orders.ts";
export { prices } from "./prices.ts";
export { productImport } from "./product-import.ts";
export { products } from "./products.ts";
export { reservations } from "./reservations.ts";
export { revocations } from "./revocations.ts";
export { service } from "./service.ts";
export { stock } from "./stock.ts";
export { users } from "./users.ts";
export { webhookDeliveries } from "./webhook-deliveries.ts";
export { webhooks } from "./webhooks.ts";
