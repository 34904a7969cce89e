import { BLOBS, DOUBLES } from "#edge/metrics/columns.ts";

/** What can be asked of the edge's data set, in Analytics Engine's SQL; `{name}` is a column of the map. */

export type Query = { readonly about: string; readonly sql: string };

/** What the cache said; any other outcome of a request did not get as far. */
const CACHE_WORDS = "'hit', 'stale', 'updating', 'miss', 'expired', 'revalidated', 'bypass', 'dynamic'";

/** A row stands for as many as it was sampled from, hence `_sample_interval` for every count. */
export const QUERIES: Readonly<Record<string, Query>> = {
  "hit-ratio": {
    about: "share of cacheable requests that waited for no origin, by operation",
    sql: `SELECT {operation} AS operation, SUM(_sample_interval) AS requests,
  sumIf(_sample_interval, {outcome} IN ('hit', 'stale', 'updating')) / SUM(_sample_interval) AS hit_ratio
FROM DATASET
WHERE SINCE AND {kind} = 'request' AND {outcome} IN (${CACHE_WORDS})
GROUP BY operation
ORDER BY requests DESC`,
  },
  limits: {
    about: "requests refused for a quota or by the shield, by tenant",
    sql: `SELECT {tenant} AS tenant, {quota} AS quota, {outcome} AS outcome, SUM(_sample_interval) AS refused
FROM DATASET
WHERE SINCE AND {kind} = 'request' AND {outcome} IN ('quota-exceeded', 'rate-exceeded')
GROUP BY tenant, quota, outcome
ORDER BY refused DESC
LIMIT 100`,
  },
  refusals: {
    about: "every answer from 400 on, by operation and reason",
    sql: `SELECT {operation} AS operation, {outcome} AS outcome, {status} AS status,
  SUM(_sample_interval) AS requests
FROM DATASET
WHERE SINCE AND {kind} = 'request' AND {status} >= 400
GROUP BY operation, outcome, status
ORDER BY requests DESC
LIMIT 100`,
  },
  "origin-latency": {
    about: "how long origins took to answer, and how often they did not, by origin and operation",
    sql: `SELECT {origin} AS origin, {operation} AS operation, SUM(_sample_interval) AS attempts,
  quantileExactWeighted(0.5)({duration_ms}, _sample_interval) AS p50_ms,
  quantileExactWeighted(0.99)({duration_ms}, _sample_interval) AS p99_ms,
  sumIf(_sample_interval, {outcome} IN ('lost', 'late', 'busy')) / SUM(_sample_interval) AS failed
FROM DATASET
WHERE SINCE AND {kind} = 'attempt'
GROUP BY origin, operation
ORDER BY attempts DESC`,
  },
  versions: {
    about: "failures and latency by the Worker's version, to hold a new one against the old one",
    sql: `SELECT {version} AS version, SUM(_sample_interval) AS requests,
  sumIf(_sample_interval, {status} >= 500) / SUM(_sample_interval) AS failed,
  quantileExactWeighted(0.99)({duration_ms}, _sample_interval) AS p99_ms
FROM DATASET
WHERE SINCE AND {kind} = 'request'
GROUP BY version
ORDER BY requests DESC`,
  },
  locations: {
    about: "requests and hit ratio by Cloudflare's location",
    sql: `SELECT {location} AS location, SUM(_sample_interval) AS requests,
  sumIf(_sample_interval, {outcome} IN ('hit', 'stale', 'updating')) / SUM(_sample_interval) AS hit_ratio
FROM DATASET
WHERE SINCE AND {kind} = 'request' AND {outcome} IN (${CACHE_WORDS})
GROUP BY location
ORDER BY requests DESC`,
  },
};

/**
 * A query as Analytics Engine's SQL API takes it.
 * @throws Error when it names a column that there is none of
 */
export function sqlOf({ sql }: Query, dataSet: string, hours: number): string {
  return sql
    .replace("DATASET", dataSet)
    .replace("SINCE", `timestamp > NOW() - INTERVAL '${hours}' HOUR`)
    .replaceAll(/\{(\w+)\}/g, (_, name: string) => columnOf(name));
}

const COLUMNS: readonly (readonly [kind: string, names: readonly string[]])[] = [
  ["blob", BLOBS],
  ["double", DOUBLES],
];

function columnOf(name: string): string {
  for (const [kind, names] of COLUMNS) {
    const place = names.indexOf(name);
    if (place >= 0) return `${kind}${place + 1}`;
  }
  throw new Error(`no column holds ${name}`);
}
