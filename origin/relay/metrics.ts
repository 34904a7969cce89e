import { Counter, Gauge, type Registry } from "prom-client";
import { addBacklogMetrics, MAX_COUNTED } from "../backlog-metrics.ts";
import type { Connections } from "../db/client.ts";
import type { Relay } from "./relay.ts";
import { measureBacklog } from "./store.ts";

type Options = {
  readonly relay: Pick<Relay, "state">;
  readonly connections: Connections;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
};

/**
 * Shows how far behind the edges may be. The backlog is everybody's, and measured when it is asked for,
 * so that a relay that hangs cannot hide it; publications and failures are this process's. What is
 * not known is NaN: never published, or the database away.
 */
export function addRelayMetrics(registry: Registry, { relay, connections, now }: Options): void {
  const registers = [registry];
  addBacklogMetrics(registry, () => measureBacklog(connections), {
    waiting: {
      name: "gatehouse_outbox_undelivered_rows",
      help: `Changes that no relay has delivered yet, ${MAX_COUNTED} at most`,
    },
    oldest: {
      name: "gatehouse_outbox_oldest_undelivered_age_seconds",
      help: "Age of the change that waits longest to be delivered; 0 when none waits",
    },
  });
  new Gauge({
    name: "gatehouse_relay_publication_age_seconds",
    help: "Time since this process last published to Redis",
    registers,
    collect() {
      const { publishedAt } = relay.state();
      this.set(publishedAt === null ? Number.NaN : (now() - publishedAt) / 1000);
    },
  });
  new Counter({
    name: "gatehouse_relay_failures_total",
    help: "Turns of this process's relay that failed",
    registers,
    collect() {
      this.reset();
      this.inc(relay.state().failures);
    },
  });
}
