// First, so that the gateway is built from the changed contract.
import "./close-a-route.ts";

/** The edge as it is deployed, with one route that fails closed. */
export { CachedOrigin, default, TenantSnapshot } from "#edge/worker.ts";
