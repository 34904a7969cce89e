import type { Exchange } from "../exchange.ts";
import type { OriginAttempt } from "../origin.ts";
import { type DataPoint, dataPoint } from "./columns.ts";

/** What a request is remembered by once it has been answered. */
export type Answered = Pick<Exchange, "operationId" | "outcome" | "principal" | "charged">;

/** Where an answer was made. */
export type Place = { readonly location: string; readonly version: string };

/** @param durationMs from the request to its answer; 0 for what waited for nothing, whose clock stands still */
export function requestPoint(
  { operationId, outcome, principal, charged }: Answered,
  status: number,
  durationMs: number,
  place: Place,
): DataPoint {
  return dataPoint({
    kind: "request",
    operation: operationId ?? "",
    outcome,
    tenant: principal?.tenantId ?? "",
    quota: charged?.quota.policy ?? "",
    origin: "",
    status,
    duration_ms: durationMs,
    ...place,
  });
}

export function attemptPoint(
  { operationId, origin, outcome, durationMs }: OriginAttempt,
  version: string,
): DataPoint {
  return dataPoint({
    kind: "attempt",
    operation: operationId,
    outcome,
    tenant: "",
    quota: "",
    origin: String(origin),
    location: "",
    version,
    status: 0,
    duration_ms: durationMs,
  });
}
