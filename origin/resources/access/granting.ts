import { contract, scopesOf } from "#shared/contract.ts";
import type { Scope } from "#shared/policy.ts";
import { Problem } from "#shared/problems.ts";
import type { Caller } from "../../call.ts";

/** Every scope that there is. */
export const knownScopes: readonly Scope[] = scopesOf(contract);

/**
 * Nobody gives away more than they hold: not by creating a client or a user, not by widening one, and
 * not by taking over one that holds more (a new secret, a new password).
 * @throws Problem `insufficient-scope`
 */
export function requireHeld({ scopes: held }: Pick<Caller, "scopes">, given: readonly string[]): void {
  const beyond = given.filter((scope) => !held.includes(scope));
  if (beyond.length === 0) return;
  const scope = beyond.join(" ");
  throw new Problem(
    "insufficient-scope",
    { detail: `you cannot give what you do not hold: ${scope}`, scope },
    { "www-authenticate": `Bearer error="insufficient_scope", scope="${scope}"` },
  );
}

/** @throws Problem `unprocessable` that names each scope that there is none of */
export function requireKnown(scopes: readonly string[]): void {
  const known: readonly string[] = knownScopes;
  const errors = scopes.flatMap((scope, index) =>
    known.includes(scope)
      ? []
      : [
          {
            in: "body" as const,
            pointer: `/scopes/${index}`,
            rule: "exists",
            detail: "there is no such scope",
          },
        ],
  );
  if (errors.length > 0) throw new Problem("unprocessable", { errors });
}
