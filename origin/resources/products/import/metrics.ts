import { Counter, type Registry } from "prom-client";

export type LineCounts = { readonly created: number; readonly updated: number; readonly failed: number };

/**
 * Counts lines of imports by what became of them.
 * @param name of the metric: each kind of import has its own
 * @returns to be told of lines once they are committed
 */
export function lineCounter(registry: Registry, name: string, help: string): (counts: LineCounts) => void {
  const lines = new Counter({
    name,
    help: `${help}, by what became of them: created, updated or failed`,
    labelNames: ["outcome"],
    registers: [registry],
  });
  return function countLines(counts) {
    for (const outcome of ["created", "updated", "failed"] as const) lines.inc({ outcome }, counts[outcome]);
  };
}
