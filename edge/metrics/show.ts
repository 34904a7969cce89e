import { METRICS_TARGET } from "#shared/operator.ts";
import { type Exchange, respond, type Stage } from "../exchange.ts";
import { isTarget, type ReadOrder } from "../operator.ts";

export type MetricsDependencies = {
  /** Whether one isolate's figures are worth anything: not where there are thousands of them. */
  readonly isShown: () => boolean;
  /** Figures in Prometheus' text format. */
  readonly text: () => string;
};

const HEADERS = { "content-type": "text/plain; version=0.0.4; charset=utf-8", "cache-control": "no-store" };

/** Shows the figures of this isolate to an operator (`npm run edge-metrics`); to others there is no such route. */
export function metricsByOrder({ isShown, text }: MetricsDependencies, readOrder: ReadOrder): Stage {
  async function show(exchange: Exchange): Promise<Response | undefined> {
    if ((await readOrder(exchange.request, METRICS_TARGET)) === null) return undefined;
    exchange.outcome = "shown";
    return respond(exchange, 200, HEADERS, text());
  }

  return function metricsByOrder(exchange) {
    return isTarget(exchange, METRICS_TARGET) && isShown() ? show(exchange) : undefined;
  };
}
