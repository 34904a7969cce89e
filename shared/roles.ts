import type { Scope, Verb } from "./policy.ts";

export const ROLES = ["admin", "editor", "viewer"] as const;
export type Role = (typeof ROLES)[number];

/**
 * What people may do: the verbs of the scopes that a role has, in every area of the contract. By verb
 * and not scope by scope, so that a new resource has its readers, writers and administrators at once.
 */
export const roleVerbs = {
  admin: ["read", "write", "admin"],
  editor: ["read", "write"],
  viewer: ["read"],
} as const satisfies Record<Role, readonly Verb[]>;

/** @param known the scopes that there are: `scopesOf(contract)` */
export function scopesOfRole(role: Role, known: readonly Scope[]): readonly Scope[] {
  const verbs: readonly string[] = roleVerbs[role];
  return known.filter((scope) => verbs.includes(scope.slice(scope.indexOf(":") + 1)));
}
