import { Gauge, type Registry } from "prom-client";
import type { Connections } from "./db/client.ts";

/** Shows the pools that requests are served on, and whether their database is asked at all. */
export function addPoolMetrics(
  registry: Registry,
  { pool, reads, breaker }: Pick<Connections, "pool" | "reads" | "breaker">,
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
  new Gauge({
    name: "gatehouse_circuit_state",
    help: "1 for the state that the circuit of a dependency is in",
    labelNames: ["dependency", "state"],
    registers,
    collect() {
      for (const state of ["closed", "half-open", "open"]) {
        this.set({ dependency: "database", state }, breaker.state() === state ? 1 : 0);
      }
    },
  });
}
