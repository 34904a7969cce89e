import type { Route } from "./route.ts";

/** That a route is going, as its contract says it. Instants are dates of RFC 3339: `2027-01-31`. */
export type Deprecation = {
  readonly since: string;
  /** When it will be gone; null while that is not decided. */
  readonly sunset: string | null;
  /** The operation that takes its place; null when there is none. */
  readonly successor: string | null;
  /** Where its users read what to do: a page, or a path of this API, such as its description. */
  readonly guide: `https://${string}` | `/${string}`;
};

/**
 * The headers that announce it on every answer: `Deprecation` (RFC 9745, seconds since the epoch), `Sunset`
 * (RFC 8594, an HTTP date) and `Link`. None when the route stays.
 */
export function deprecationHeaders({ deprecation }: Pick<Route, "deprecation">): Record<string, string> {
  if (deprecation === undefined) return {};
  const { since, sunset, guide } = deprecation;
  return {
    deprecation: `@${Math.floor(Date.parse(since) / 1000)}`,
    ...(sunset !== null && { sunset: new Date(sunset).toUTCString() }),
    link: `<${guide}>; rel="deprecation"; type="${guide.startsWith("/") ? "application/json" : "text/html"}"`,
  };
}
