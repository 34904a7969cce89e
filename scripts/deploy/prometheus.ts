import Type from "typebox";
import { Compile } from "typebox/compile";
import type { BusinessFigures, Figures } from "./guardrails.ts";

/** What Prometheus knows of the origin (its HTTP API, `/api/v1/query`). */

const isAnswer = Compile(
  Type.Object({
    data: Type.Object({
      result: Type.Array(Type.Object({ value: Type.Tuple([Type.Number(), Type.String()]) })),
    }),
  }),
);

export type Window = { readonly minutes: number; readonly endedMinutesAgo: number };

/** Of all origins together: those of before a roll-over are looked at by when it was, not by their name. */
export async function originFigures(prometheus: string, window: Window): Promise<Figures> {
  const over = `[${window.minutes}m] offset ${window.endedMinutesAgo}m`;
  const [requests, failures, p95] = await Promise.all([
    query(prometheus, `sum(increase(gatehouse_origin_requests_total${over}))`),
    query(prometheus, `sum(increase(gatehouse_origin_requests_total{status=~"5.."}${over}))`),
    query(
      prometheus,
      `histogram_quantile(0.95, sum by (le) (rate(gatehouse_origin_request_duration_seconds_bucket${over})))`,
    ),
  ]);
  return { requests: Math.round(requests), failures: Math.round(failures), p95Ms: p95 * 1_000 };
}

/** Orders a minute in the last minutes, and in the hour before a deploy that began so long ago. */
export async function businessFigures(
  prometheus: string,
  minutes: number,
  begunMinutesAgo: number,
): Promise<BusinessFigures> {
  const placed = 'gatehouse_origin_requests_total{operation="createOrder", status="201"}';
  const [ordersNow, ordersBefore] = await Promise.all([
    query(prometheus, `60 * sum(rate(${placed}[${minutes}m]))`),
    query(prometheus, `60 * sum(rate(${placed}[1h] offset ${begunMinutesAgo}m))`),
  ]);
  return { ordersNow, ordersBefore };
}

/** @throws Error when it does not answer; 0 where it knows of nothing */
async function query(prometheus: string, expression: string): Promise<number> {
  const url = `${prometheus}/api/v1/query?query=${encodeURIComponent(expression)}`;
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  const answer: unknown = response.ok ? await response.json() : null;
  if (!isAnswer.Check(answer)) throw new Error(`Prometheus answered ${response.status} to ${expression}`);
  const value = Number(answer.data.result[0]?.value[1] ?? 0);
  return Number.isFinite(value) ? value : 0;
}
