import { deprecationHeaders } from "#shared/deprecation.ts";
import type { Route } from "#shared/route.ts";
import type { Stage } from "./exchange.ts";

/** Says on every answer of a route, refusals included, that it is going. */
export function announceDeprecation(route: Route): Stage {
  const headers = Object.entries(deprecationHeaders(route));
  const isGoing = route.deprecation !== undefined;
  return function announceDeprecation({ outgoing }) {
    if (isGoing) outgoing.push(...headers);
    return undefined;
  };
}
