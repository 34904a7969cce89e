import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** What `/metrics` shows (Prometheus text format). */
export type Metrics = {
  readonly registry: Registry;
  readonly requests: Counter<"operation" | "status">;
  readonly deprecated: Counter<"operation">;
  readonly durationSeconds: Histogram<"operation">;
  readonly replays: Counter<"operation">;
  readonly inFlight: Gauge;
  readonly shed: Counter<"reason" | "priority">;
  readonly passwordHashes: Counter;
  readonly connectionWaitSeconds: Histogram;
};

const DURATION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Metrics in a registry of their own, so that several origins can run in one process. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  return {
    registry,
    requests: new Counter({
      name: "gatehouse_origin_requests_total",
      help: "Requests answered, by operation and status",
      labelNames: ["operation", "status"],
      registers,
    }),
    deprecated: new Counter({
      name: "gatehouse_deprecated_requests_total",
      help: "Requests to operations that are going, by operation: who counts none may remove it",
      labelNames: ["operation"],
      registers,
    }),
    replays: new Counter({
      name: "gatehouse_idempotency_replays_total",
      help: "Requests that were answered with what an earlier one with their key was, by operation",
      labelNames: ["operation"],
      registers,
    }),
    durationSeconds: new Histogram({
      name: "gatehouse_origin_request_duration_seconds",
      help: "Time from the first byte of a request to the last of its answer",
      labelNames: ["operation"],
      buckets: DURATION_BUCKETS,
      registers,
    }),
    inFlight: new Gauge({
      name: "gatehouse_origin_requests_in_flight",
      help: "Requests being answered",
      registers,
    }),
    shed: new Counter({
      name: "gatehouse_shed_requests_total",
      help: "What was refused with the problem overloaded, by what was scarce and how urgent it was",
      labelNames: ["reason", "priority"],
      registers,
    }),
    passwordHashes: new Counter({
      name: "gatehouse_password_hashes_total",
      help: "argon2id hashes computed, for logins that fail as well",
      registers,
    }),
    connectionWaitSeconds: new Histogram({
      name: "gatehouse_database_connection_wait_seconds",
      help: "Time that operations waited for a connection, of those that had to",
      buckets: DURATION_BUCKETS,
      registers,
    }),
  };
}
