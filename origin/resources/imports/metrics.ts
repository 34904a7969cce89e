import { Counter, type Registry } from "prom-client";
import { type LineCounts, lineCounter } from "../products/import/metrics.ts";

export type ImportCounters = {
  readonly jobs: Counter<"step">;
  /** To be told of lines once they are committed. */
  readonly lines: (counts: LineCounts) => void;
};

/** Counts imports in parts and their lines, each once: what is only sent again is none. */
export function importCounters(registry: Registry): ImportCounters {
  const jobs = new Counter({
    name: "gatehouse_imports_total",
    help: "Imports in parts, by the step that they took: created or completed",
    labelNames: ["step"],
    registers: [registry],
  });
  return { jobs, lines: lineCounter(registry, "gatehouse_import_lines_total", "Lines of imports in parts") };
}
