import { Gauge, type Registry } from "prom-client";
import type { Connections } from "./db/client.ts";

/** Shows the pools that requests are served on. */
export function addPoolMetrics(
  registry: Registry,
  { pool, reads }: Pick<Connections, "pool" | "reads">,
): void {
  const registers = [registry];
  const pools = Object.entries({ exclusive: pool, reads });
  const gauge = (name: string, help: string, figureOf: (one: typeof pool) => number) =>
    new Gauge({
      name: `gatehouse_database_${name}`,
      help,
      labelNames: ["pool"],
      registers,
      collect() {
        for (const [label, one] of pools) this.set({ pool: label }, figureOf(one));
      },
    });
  gauge("pool_size", "Connections that the pool may open", ({ size }) => size);
  gauge("places_in_use", "Operations that run", ({ figures }) => figures().inUse);
  gauge("places_idle", "Operations that could be begun at once", ({ figures }) => figures().idle);
  gauge("operations_waiting", "Operations that wait for a place", ({ figures }) => figures().waiting);
}
