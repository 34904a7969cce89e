import type { Exchange } from "../exchange.ts";
import type { OriginAttempt } from "../origin.ts";
import type { DataPoint } from "./columns.ts";
import type { Counts } from "./counts.ts";
import { attemptPoint, requestPoint } from "./points.ts";

/** Where data points go, on a platform that takes them. */
export type Analytics = {
  readonly dataSet: { writeDataPoint(point: DataPoint): void };
  readonly locationOf: (request: Request) => string;
  /** The Worker's; empty where there are none. */
  readonly version: string;
};

/** Told of every answer and of every attempt to get one from an origin. */
export type Recorder = {
  /** @param durationMs 0 for what waited for nothing */
  readonly request: (exchange: Exchange, status: number, durationMs: number) => void;
  readonly attempt: (attempt: OriginAttempt) => void;
};

/** Counts in this isolate and, where there is a data set, writes points. No request fails for it. */
export function createRecorder(counts: Counts, analytics: Analytics | null): Recorder {
  return {
    request(exchange, status, durationMs) {
      counts.request(exchange.operationId ?? "none", exchange.outcome);
      if (analytics === null) return;
      const { locationOf, version } = analytics;
      const place = () => ({ location: locationOf(exchange.request), version });
      write(analytics, () => requestPoint(exchange, status, durationMs, place()));
    },
    attempt(attempt) {
      counts.attempt(attempt);
      if (analytics === null) return;
      write(analytics, () => attemptPoint(attempt, analytics.version));
    },
  };
}

function write({ dataSet }: Analytics, point: () => DataPoint): void {
  try {
    dataSet.writeDataPoint(point());
  } catch {
    // The platform takes so many points of one request; what is more is not worth an answer.
  }
}
