import { Problem } from "#shared/problems.ts";
import type { Route } from "#shared/route.ts";
import { andThen } from "../and-then.ts";
import type { Exchange, Stage } from "../exchange.ts";
import type { VerifiedToken } from "./claims.ts";
import type { RevocationAlarm } from "./revocation-alarm.ts";
import type { RevocationSight, Revocations } from "./revocations.ts";
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
  function admit(
    exchange: Exchange,
    verified: VerifiedToken,
    { list, isCurrent }: RevocationSight,
  ): undefined {
    if (list.refuses(verified)) throw invalidToken();
    if (!isCurrent) alarm(exchange);
    exchange.principal = verified.principal;
    exchange.plan = verified.plan;
  }

  return function authenticate(exchange) {
    if (access.kind === "public") return undefined;
    const { headers, waitUntil } = exchange;
    const authorization = headers.get("authorization");
    // RFC 6750 §3.1: whoever sent no credentials is told no error code.
    if (authorization === null) throw new Problem("unauthenticated", {}, { "www-authenticate": "Bearer" });
    return andThen(tokens.read(authorization, waitUntil), (verified) =>
      andThen(revocations.of(verified.principal.tenantId, waitUntil), (sight) =>
        admit(exchange, verified, sight),
      ),
    );
  };
}
