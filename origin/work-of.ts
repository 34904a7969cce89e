import type { Route } from "#shared/route.ts";
import type { Priority, Work } from "./db/work.ts";
import type { Lifetime } from "./plugins/lifetime.ts";

/** What a request to a route is to the database: whose, how urgent, and until when anybody waits. */
export function workOf(
  route: Route,
  tenantId: string | null,
  ifNoneMatch: string | undefined,
  { signal, remainingMs }: Lifetime,
): Work {
  return { priority: priorityOf(route, ifNoneMatch), tenantId, signal, remainingMs };
}

function priorityOf({ method, cache }: Route, ifNoneMatch: string | undefined): Priority {
  if (method !== "GET") return "write";
  if (cache.kind === "shared" && cache.shows.kind === "list") return "list";
  return ifNoneMatch === undefined ? "read" : "revalidation";
}
