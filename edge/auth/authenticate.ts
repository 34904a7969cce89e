import { Problem } from "#shared/problems.ts";
import type { Route } from "#shared/route.ts";
import type { Stage } from "../exchange.ts";
import { bearerToken } from "./bearer.ts";
import type { RevocationAlarm } from "./revocation-alarm.ts";
import type { Revocations } from "./revocations.ts";
import type { Tokens } from "./tokens.ts";
import { invalidToken } from "./verify.ts";

export type Authentication = {
  readonly tokens: Pick<Tokens, "read">;
  readonly revocations: Pick<Revocations, "of">;
  readonly alarm: RevocationAlarm;
};

/**
 * Establishes who asks. A public route asks nobody: its `Authorization`, if any, belongs to the
 * route itself (HTTP Basic at the token endpoint).
 */
export function authenticate({ access }: Route, { tokens, revocations, alarm }: Authentication): Stage {
  return async function authenticate(exchange) {
    if (access.kind === "public") return undefined;
    const token = bearerToken(exchange.request.headers.get("authorization"));
    // RFC 6750 §3.1: whoever sent no credentials is told no error code.
    if (token === null) throw new Problem("unauthenticated", {}, { "www-authenticate": "Bearer" });
    const known = tokens.read(token, exchange.waitUntil);
    const verified = known instanceof Promise ? await known : known;
    const looked = revocations.of(verified.principal.tenantId, exchange.waitUntil);
    const { list, isCurrent } = looked instanceof Promise ? await looked : looked;
    if (list.refuses(verified)) throw invalidToken();
    if (!isCurrent) alarm(exchange);
    exchange.principal = verified.principal;
    exchange.plan = verified.plan;
    return undefined;
  };
}
