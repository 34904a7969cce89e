import type { MiddlewareHandler } from "hono";
import { Problem } from "#shared/problems.ts";
import type { GatewayVariables } from "../exchange.ts";

/** The one method that is asked of a rate-limit binding. */
export type ShieldBinding = { limit(options: { key: string }): Promise<{ success: boolean }> };

/** The binding's period in wrangler.toml. */
const PERIOD_SECONDS = "60";

/**
 * Sheds floods per network address, before any signature is verified. The binding counts within one
 * location and without a network call; it is a shield, not a quota.
 */
export function shield(binding: ShieldBinding): MiddlewareHandler<GatewayVariables> {
  return async function shield(c, next) {
    const { success } = await binding.limit({ key: c.get("exchange").address });
    if (success) return next();
    throw new Problem("rate-exceeded", {}, { "retry-after": PERIOD_SECONDS });
  };
}
