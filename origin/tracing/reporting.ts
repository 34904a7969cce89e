import type { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import type { Log } from "../call.ts";

type Exporter = Pick<OTLPTraceExporter, "export" | "shutdown" | "forceFlush">;

/** A collector that is away is told of once in so many milliseconds. */
const TELL_EACH_MS = 60_000;

/**
 * An exporter that says in the log when spans were lost, and how many.
 * @param now milliseconds since the epoch
 */
export function reporting(exporter: Exporter, log: Pick<Log, "warn">, now: () => number): Exporter {
  let lost = 0;
  let toldAt = Number.NEGATIVE_INFINITY;

  function tell(count: number, error: Error | undefined): void {
    lost += count;
    if (now() - toldAt < TELL_EACH_MS) return;
    log.warn({ lost, reason: error?.message ?? "unknown" }, "spans were not exported");
    lost = 0;
    toldAt = now();
  }

  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        // ExportResultCode.SUCCESS
        if (result.code !== 0) tell(spans.length, result.error);
        done(result);
      });
    },
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  };
}
