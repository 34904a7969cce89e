import { Problem } from "#shared/problems.ts";
import type { Route } from "#shared/route.ts";
import type { Stage } from "../exchange.ts";
import { bearerToken } from "./bearer.ts";
import type { KeySource } from "./keys.ts";
import type { TokenMemory } from "./memory.ts";
import type { RevocationAlarm } from "./revocation-alarm.ts";
import type { Revocations } from "./revocations.ts";
import { invalidToken, type TokenPolicy, verifyToken } from "./verify.ts";

export type Authentication = {
  readonly keys: KeySource;
  readonly memory: TokenMemory;
  readonly policy: TokenPolicy;
  readonly revocations: Pick<Revocations, "of">;
  readonly alarm: RevocationAlarm;
  readonly now: () => number;
};

/**
 * Establishes who asks. A public route asks nobody: its `Authorization`, if any, belongs to the
 * route itself (HTTP Basic at the token endpoint).
 */
export function authenticate(
  { access }: Route,
  { keys, memory, policy, revocations, alarm, now }: Authentication,
): Stage {
  return async function authenticate(exchange) {
    if (access.kind === "public") return undefined;
    const token = bearerToken(exchange.request.headers.get("authorization"));
    // RFC 6750 §3.1: whoever sent no credentials is told no error code.
    if (token === null) throw new Problem("unauthenticated", {}, { "www-authenticate": "Bearer" });
    let verified = memory.recall(token, now() / 1000);
    if (verified === null) {
      verified = await verifyToken(token, await keys.lookUp(exchange.waitUntil), policy, now());
      memory.remember(token, verified);
    }
    const looked = revocations.of(verified.principal.tenantId, exchange.waitUntil);
    const { list, isCurrent } = looked instanceof Promise ? await looked : looked;
    if (list.refuses(verified)) throw invalidToken();
    if (!isCurrent) alarm(exchange);
    exchange.principal = verified.principal;
    exchange.plan = verified.plan;
    return undefined;
  };
}
