import { Gauge, type Registry } from "prom-client";
import type { Breaker } from "./breaker.ts";

/** Shows which dependencies are asked at all, by their names. */
export function addCircuitMetrics(
  registry: Registry,
  breakers: Readonly<Record<string, Pick<Breaker, "state">>>,
): void {
  new Gauge({
    name: "gatehouse_circuit_state",
    help: "1 for the state that the circuit of a dependency is in",
    labelNames: ["dependency", "state"],
    registers: [registry],
    collect() {
      for (const [dependency, breaker] of Object.entries(breakers)) {
        for (const state of ["closed", "half-open", "open"]) {
          this.set({ dependency, state }, breaker.state() === state ? 1 : 0);
        }
      }
    },
  });
}
