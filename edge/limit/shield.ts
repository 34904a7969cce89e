import { Problem } from "#shared/problems.ts";
import { andThen } from "../and-then.ts";
import type { Stage } from "../exchange.ts";
import { localLimiter } from "./local.ts";

type Outcome = { success: boolean };

/** The one method that is asked of a rate-limit binding; one in memory answers at once. */
export type ShieldBinding = { limit(options: { key: string }): Outcome | Promise<Outcome> };

/** The binding's period in wrangler.toml. */
const PERIOD_SECONDS = 60;

/** Counts in this isolate's memory, for platforms that have no such binding (self-hosted workerd). */
export function embeddedShield(limit: number, now: () => number): ShieldBinding {
  const spend = localLimiter({ limit, windowSeconds: PERIOD_SECONDS }, now);
  return { limit: ({ key }) => ({ success: spend(key, 1).admitted }) };
}

/**
 * Sheds floods per network address, before any signature is verified. The binding counts within one
 * location and without a network call; it is a shield, not a quota.
 */
export function shield(binding: ShieldBinding): Stage {
  return function shield({ address }) {
    return andThen(binding.limit({ key: address }), passOrThrow);
  };
}

function passOrThrow({ success }: Outcome): undefined {
  if (!success) throw new Problem("rate-exceeded", {}, { "retry-after": String(PERIOD_SECONDS) });
}
