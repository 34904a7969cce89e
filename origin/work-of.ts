import type { Route } from "#shared/route.ts";
import type { Priority } from "./db/work.ts";

/**
 * How urgent requests to a route are. A read with `If-None-Match` revalidates: only the edge sends it, when it has
 * an answer already, which it may go on serving.
 */
export function priorityOf(route: Route): (ifNoneMatch: string | undefined) => Priority {
  if (route.method !== "GET") return () => "write";
  if (isList(route)) return () => "list";
  return (ifNoneMatch) => (ifNoneMatch === undefined ? "read" : "revalidation");
}

/** What pages, and what is sent line by line. */
function isList({ request, responses }: Route): boolean {
  return (
    "pageSize" in request.query.properties || Object.values(responses).some(({ line }) => line !== undefined)
  );
}
