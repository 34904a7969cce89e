import { addCircuitMetrics } from "#origin/circuit-metrics.ts";
import { readConfig } from "#origin/config.ts";
import { connect } from "#origin/db/client.ts";
import { createHandlers } from "#origin/handlers.ts";
import { createMetrics } from "#origin/metrics.ts";
import { addPoolMetrics } from "#origin/pool-metrics.ts";
import { addRelayMetrics } from "#origin/relay/metrics.ts";
import { addWebhookMetrics } from "#origin/resources/webhooks/metrics.ts";
import { createPlaces } from "#origin/resources/webhooks/places.ts";
import { addPressureMetrics } from "#origin/shedding/metrics.ts";
import { addSocketMetrics } from "#origin/socket-metrics.ts";
import { servicesOf } from "#tests/support/services.ts";

/** The label names of each metric that an origin shows, by the name of its series. */
export type Series = ReadonlyMap<string, ReadonlySet<string>>;

const SECRET = `development-${"0".repeat(32)}`;
const NOWHERE = "127.0.0.1:1";
const VARIABLES = {
  ENVIRONMENT: "development",
  DATABASE_URL: `postgres://${NOWHERE}/none`,
  ASSERTION_SECRETS: `none:${SECRET}`,
  CURSOR_SECRET: SECRET,
  KEY_ENCRYPTION_SECRET: SECRET,
  UPSTASH_REDIS_REST_URL: `http://${NOWHERE}`,
  UPSTASH_REDIS_REST_TOKEN: SECRET,
  TOKEN_ISSUER: `http://${NOWHERE}`,
  TOKEN_AUDIENCE: "none",
};

/** What an origin registers, without one that runs: nothing is asked, so nothing has to answer. */
export async function originSeries(): Promise<Series> {
  const { registry } = createMetrics();
  const config = readConfig(VARIABLES);
  const connections = connect({ url: config.databaseUrl, poolSize: 2, applicationName: "none" });
  // What resources count, their handlers register.
  createHandlers(servicesOf(config, connections, registry));
  addPoolMetrics(registry, connections);
  addRelayMetrics(registry, {
    connections,
    relay: { state: () => ({ publishedAt: null, failures: 0 }) },
    now: () => 0,
  });
  addPressureMetrics(registry, { eventLoopDelayMs: () => 0, strain: () => ({ eventLoop: 0, memory: 0 }) });
  addCircuitMetrics(registry, { database: connections.breaker });
  addWebhookMetrics(registry, { connections, places: createPlaces() });
  addSocketMetrics(registry, { count: () => ({ active: 0, idle: 0 }) });
  await connections.close(0);
  const series = registry.getMetricsAsArray().flatMap((metric): [string, ReadonlySet<string>][] => {
    const own = "labelNames" in metric && Array.isArray(metric.labelNames) ? metric.labelNames : [];
    const labels = new Set(["job", "instance", ...own.map(String)]);
    return [
      [metric.name, labels],
      [`${metric.name}_bucket`, new Set([...labels, "le"])],
      [`${metric.name}_sum`, labels],
      [`${metric.name}_count`, labels],
    ];
  });
  return new Map(series);
}

/** Gatehouse's series in an expression or a text, recorded ones (with colons) among them. */
export function namesIn(text: string): string[] {
  return [...text.matchAll(/\bgatehouse(?:_[a-z0-9_]+|:[a-z0-9_]+)(?::[a-z0-9_]+)*/g)].map(([name]) => name);
}

export type Matcher = { readonly label: string; readonly operator: string; readonly value: string };
export type Selector = { readonly name: string; readonly matchers: readonly Matcher[] };

/** `name{label="value"}`, as often as it stands in an expression. */
export function selectorsIn(expression: string): Selector[] {
  return [...expression.matchAll(/(\w[\w:]*)\{([^}]*)\}/g)].map(([, name = "", inside = ""]) => ({
    name,
    matchers: [...inside.matchAll(/(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"/g)].map(
      ([, label = "", operator = "", value = ""]) => ({ label, operator, value }),
    ),
  }));
}

/** One line for each name or label that nobody declares. */
export function expressionFaults(
  expression: string,
  series: Series,
  recorded: ReadonlySet<string>,
): string[] {
  const unknown = namesIn(expression).filter((name) => !series.has(name) && !recorded.has(name));
  const labels = selectorsIn(expression)
    .filter(({ name }) => name.startsWith("gatehouse_") && !recorded.has(name))
    .flatMap(({ name, matchers }) =>
      matchers
        .filter(({ label }) => series.get(name)?.has(label) === false)
        .map(({ label }) => `${name}.${label}`),
    );
  return [...unknown, ...labels];
}
