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

/** May be fractions of minutes. */
export type Window = { readonly minutes: number; readonly endedMinutesAgo: number };

/** `[15m] offset 60m`, in whole seconds, at least one: Prometheus refuses 0, as an offset too. */
function over({ minutes, endedMinutesAgo }: Window): string {
  const [range, offset] = [minutes, endedMinutesAgo].map((each) => Math.round(each * 60));
  return offset === 0 ? `[${range || 1}s]` : `[${range || 1}s] offset ${offset}s`;
}

/** Of all origins together: those of before a roll-over are looked at by when it was, not by their name. */
export async function originFigures(prometheus: string, window: Window): Promise<Figures> {
  const [requests, failures, p95] = await Promise.all([
    query(prometheus, `sum(increase(gatehouse_origin_requests_total${over(window)}))`),
    query(prometheus, `sum(increase(gatehouse_origin_requests_total{status=~"5.."}${over(window)}))`),
    query(
      prometheus,
      `histogram_quantile(0.95, sum by (le) (rate(gatehouse_origin_request_duration_seconds_bucket${over(window)})))`,
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
    query(prometheus, `60 * sum(rate(${placed}${over({ minutes, endedMinutesAgo: 0 })}))`),
    query(prometheus, `60 * sum(rate(${placed}${over({ minutes: 60, endedMinutesAgo: begunMinutesAgo })}))`),
  ]);
  return { ordersNow, ordersBefore };
}

/** How far the relay is behind, of all origins: seconds that the oldest change waits, and how many wait. */
export async function relayFigures(prometheus: string): Promise<RelayFigures> {
  const [oldestSeconds, waiting] = await Promise.all([
    query(prometheus, "max(gatehouse_outbox_oldest_undelivered_age_seconds)"),
    query(prometheus, "max(gatehouse_outbox_undelivered_rows)"),
  ]);
  return { oldestSeconds, waiting };
}

export type RelayFigures = { readonly oldestSeconds: number; readonly waiting: number };

/** @throws Error when it does not answer; 0 where it knows of nothing */
async function query(prometheus: string, expression: string): Promise<number> {
  const url = `${prometheus}/api/v1/query?query=${encodeURIComponent(expression)}`;
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  const answer: unknown = response.ok ? await response.json() : null;
  if (!isAnswer.Check(answer)) throw new Error(`Prometheus answered ${response.status} to ${expression}`);
  const value = Number(answer.data.result[0]?.value[1] ?? 0);
  return Number.isFinite(value) ? value : 0;
}
