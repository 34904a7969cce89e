import { itemField, listField } from "#shared/freshness.ts";
import type { Principal } from "#shared/identity.ts";
import type { CachePolicy } from "#shared/policy.ts";
import type { Route } from "#shared/route.ts";
import { fingerprint } from "../fingerprint.ts";

export type Shared = Extract<CachePolicy, { kind: "shared" }>;

/** Who shares a stored answer: Workers Cache partitions by it, and the origin answers for it alone. */
export type Partition = { readonly tenantId?: string; readonly subject?: string };

/** The version of a field of `shared/freshness.ts`. */
export type Versions = (field: string) => string;

export function partitionOf({ partition }: Shared, principal: Principal | null): Partition {
  if (partition === "everyone") return {};
  if (principal === null) throw new Error("a partitioned route needs a principal");
  const { tenantId, subject } = principal;
  return partition === "tenant" ? { tenantId } : { tenantId, subject };
}

/** The field whose version an answer shows. Null: no write changes it. */
export function shownField({ shows }: Shared, params: Readonly<Record<string, string>>): string | null {
  switch (shows.kind) {
    case "static":
      return null;
    case "list":
      return listField(shows.collection);
    case "item":
      return itemField(shows.collection, params[shows.param] ?? "");
  }
}

/** The version of what an answer shows: a write changes it, and so leaves older entries unreachable. */
export function versionOf(field: string | null, versions: Versions): string {
  return field === null ? "static" : versions(field);
}

/**
 * The version part while the versions cannot be learnt: it changes every `blindMaxAgeSeconds`, so
 * that no answer can be served longer than that. An edge that is blind for moments only, one after
 * another, must not go back to what it was shown in an earlier one: so what is seen is in it too.
 * @param now milliseconds since the epoch
 * @param seen the version that Redis had last; empty when it cannot be asked
 */
export function blindVersion({ blindMaxAgeSeconds }: Shared, now: number, seen: string): string {
  return `blind-${Math.floor(now / (blindMaxAgeSeconds * 1000))}-${seen}`;
}

/** A route's schemas and policies as a short hash: a deploy that changes them starts a new entry. */
export function routeHash(route: Route): string {
  return fingerprint(JSON.stringify(route));
}
