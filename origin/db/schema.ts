/** Every table, one line each: what drizzle-kit generates migrations from. */
export { apiClients } from "./tables/api-clients.ts";
export { auditLog } from "./tables/audit-log.ts";
export { categories } from "./tables/categories.ts";
export { idempotencyKeys } from "./tables/idempotency-keys.ts";
export { importErrors, importParts, imports } from "./tables/imports.ts";
export { orderLines, orders } from "./tables/orders.ts";
export { outbox } from "./tables/outbox.ts";
export { prices } from "./tables/prices.ts";
export { productTerms } from "./tables/product-terms.ts";
export { products } from "./tables/products.ts";
export { revocations } from "./tables/revocations.ts";
export { sessions } from "./tables/sessions.ts";
export { signingKeys } from "./tables/signing-keys.ts";
export { stockLevels, stockMovements, stockReservations } from "./tables/stock.ts";
export { tenants } from "./tables/tenants.ts";
export { users } from "./tables/users.ts";
export { webhookDeliveries, webhookEvents, webhooks } from "./tables/webhooks.ts";
