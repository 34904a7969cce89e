import { Gauge, type Registry } from "prom-client";
import type { Pressure } from "./pressure.ts";

/** Shows by what the origin sheds. */
export function addPressureMetrics(
  registry: Registry,
  { eventLoopDelayMs, strain }: Pick<Pressure, "eventLoopDelayMs" | "strain">,
): void {
  const registers = [registry];
  new Gauge({
    name: "gatehouse_event_loop_delay_seconds",
    help: "By how much timers come late, of late",
    registers,
    collect() {
      this.set(eventLoopDelayMs() / 1000);
    },
  });
  new Gauge({
    name: "gatehouse_strain",
    help: "What is scarce, as a part of what is bearable: from 1 on lists are shed",
    labelNames: ["of"],
    registers,
    collect() {
      for (const [of, value] of Object.entries(strain())) this.set({ of }, value);
    },
  });
}
