import { Gauge, type Registry } from "prom-client";
import type { Sockets } from "./drain.ts";

/** Shows how many connections are open. */
export function addSocketMetrics(registry: Registry, { count }: Pick<Sockets, "count">): void {
  new Gauge({
    name: "gatehouse_origin_connections",
    help: "Open connections: active ones have a request that is being answered",
    labelNames: ["state"],
    registers: [registry],
    collect() {
      for (const [state, value] of Object.entries(count())) this.set({ state }, value);
    },
  });
}
