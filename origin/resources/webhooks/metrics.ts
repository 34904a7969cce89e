import { Counter, Gauge, type Registry } from "prom-client";
import { addBacklogMetrics, MAX_COUNTED } from "../../backlog-metrics.ts";
import type { Connections } from "../../db/client.ts";
import { measureBacklog } from "./claim.ts";
import type { Places } from "./places.ts";

type Parts = { readonly connections: Connections; readonly places: Pick<Places, "circuits"> };

/**
 * Shows what becomes of deliveries. The backlog is everybody's; attempts are this process's. What is not
 * known, the database being away, is NaN.
 * @returns what counts an attempt that has ended
 */
export function addWebhookMetrics(
  registry: Registry,
  { connections, places }: Parts,
): (outcome: string) => void {
  const registers = [registry];
  addBacklogMetrics(registry, () => measureBacklog(connections), {
    waiting: {
      name: "gatehouse_webhook_deliveries_pending",
      help: `Deliveries that wait for an attempt, ${MAX_COUNTED} at most`,
    },
    oldest: {
      name: "gatehouse_webhook_oldest_pending_age_seconds",
      help: "Age of the delivery that waits longest; 0 when none waits",
    },
  });
  new Gauge({
    name: "gatehouse_webhook_circuits",
    help: "Webhooks that this process does not send to now, or tries with one attempt, for they have failed in a row",
    labelNames: ["state"],
    registers,
    collect() {
      for (const [state, count] of Object.entries(places.circuits())) this.set({ state }, count);
    },
  });
  const attempts = new Counter({
    name: "gatehouse_webhook_attempts_total",
    help: "Attempts of this process to deliver, by outcome: delivered, again, dead, gone or lost",
    labelNames: ["outcome"],
    registers,
  });
  return (outcome) => attempts.inc({ outcome });
}
