import type { Contract } from "./route.ts";
import { isSampled } from "./sampling.ts";

/** What both tiers write of each request, as one line of JSON (docs/observability.md). */
export type RequestLine = {
  readonly stage: "edge" | "origin";
  readonly request_id: string;
  readonly correlation_id: string;
  /** W3C Trace Context: 32 hex digits; null when nobody has named a trace. */
  readonly trace_id: string | null;
  readonly method: string;
  /** Null when there is no such route. */
  readonly operation: string | null;
  readonly tenant_id: string | null;
  readonly client_id: string | null;
  /** Null when whoever asked was gone before the answer. */
  readonly status: number | null;
  /** What became of the request, such as `hit`, `ok` or a problem's code. */
  readonly outcome: string;
  readonly latency_ms: number;
};

export type LineLevel = "info" | "warn" | "error";

/** A request is slow when it has taken this share of what its route may take. */
const SLOW_SHARE = 0.2;
const NO_ROUTE_MS = 1_000;

/**
 * After how many milliseconds a request to an operation is slow.
 * @param slowMs for every operation; 0: a fifth of its route's budget
 */
export function slowThresholds(contract: Contract, slowMs: number): (operation: string | null) => number {
  if (slowMs > 0) return () => slowMs;
  const byOperation = new Map(
    Object.entries(contract).map(([id, { budgetMs }]) => [id, budgetMs * SLOW_SHARE] as const),
  );
  return (operation) => byOperation.get(operation ?? "") ?? NO_ROUTE_MS;
}

/**
 * How a request is logged; null: not at all. Only what has gone well and in time is sampled.
 * @param status null when nobody was there for an answer
 * @param samplePermille thousandths of the successful requests that are logged
 */
export function lineLevel(
  status: number | null,
  isSlow: boolean,
  requestId: string,
  samplePermille: number,
): LineLevel | null {
  if (status !== null && status >= 500) return "error";
  if (isSlow) return "warn";
  const isSuccess = status !== null && status < 400;
  return isSuccess && !isSampled(requestId, samplePermille) ? null : "info";
}

export function messageOf(isSlow: boolean): string {
  return isSlow ? "slow request" : "request";
}
