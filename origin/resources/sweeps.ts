/** What resources have swept, one line each. */
export type { Sweep } from "../sweeper.ts";
export { forgetImports } from "./imports/sweep.ts";
export { expireOrders } from "./orders/expire.ts";
export { expireReservations } from "./stock/expire.ts";
export { forgetWebhookEvents } from "./webhooks/sweep.ts";
