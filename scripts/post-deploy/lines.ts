import {
  type BusinessFigures,
  type Figures,
  failing,
  fewerOrders,
  percent,
  shareOf,
  slow,
  THRESHOLDS,
} from "#scripts/deploy/guardrails.ts";
import type { ProbedFigures } from "#scripts/deploy/probe.ts";
import type { RelayFigures } from "#scripts/deploy/prometheus.ts";

/** What was seen some time after a deploy, line by line beside what it should be. Pure. */

/** Null: nobody could be asked. */
export type Seen = {
  /** What the smoke test and the probes for health found wrong. */
  readonly faults: readonly string[];
  /** Requests of our own to the edge. */
  readonly probed: ProbedFigures;
  readonly origin: { readonly before: OriginFigures; readonly now: OriginFigures } | null;
  readonly business: BusinessFigures | null;
  readonly relay: RelayFigures | null;
  /** Where what runs is not what was deployed. */
  readonly drift: readonly string[] | null;
};

export type OriginFigures = Figures & { readonly minutes: number };

export type Line = {
  readonly state: "ok" | "BAD" | "unknown";
  readonly what: string;
  readonly before: string;
  readonly now: string;
  readonly bound: string;
  /** What is wrong and where to read on; empty: nothing is. */
  readonly note: string;
};

/** docs/deploying.md states them, and those of the guardrails. */
export const BOUNDS = {
  /** Of the reads that the cache should have the answer of. */
  leastHits: 0.9,
  /** What reaches the origin may grow by, where it was this many a minute. */
  moreAtOrigin: 2,
  requestsThatCount: 60,
  /** The promise to readers (docs/cache.md). */
  relaySeconds: 2,
} as const;

export function linesOf({ faults, probed, origin, business, relay, drift }: Seen): readonly Line[] {
  return [
    line("smoke test, health", "-", `${faults.length} faults`, "none", faults.join("; "), "availability"),
    errors("the edge's errors", null, probed),
    hits(probed.hitRatio),
    ...(origin === null
      ? ["the origin's errors", "the origin's p95", "requests at the origin"].map(unknown)
      : originLines(origin)),
    business === null ? unknown("orders") : orders(business),
    relay === null ? unknown("relay") : relayLine(relay),
    drift === null
      ? unknown("versions, configuration, migrations")
      : line(
          "versions, configuration, migrations",
          "-",
          `${drift.length} differences`,
          "none",
          drift.join("; "),
          null,
        ),
  ];
}

const NOTHING: Figures = { requests: 0, failures: 0, p95Ms: 0 };

function errors(what: string, before: Figures | null, now: Figures): Line {
  const share = (figures: Figures) => percent(shareOf(figures));
  const bound = `${percent(THRESHOLDS.moreFailures)} more`;
  const fault = failing(before ?? NOTHING, now) ?? "";
  return line(what, before === null ? "-" : share(before), share(now), bound, fault, "availability");
}

function hits(ratio: number | null): Line {
  if (ratio === null) return unknown("the cache's hits");
  const { leastHits } = BOUNDS;
  const fault = ratio < leastHits ? "reads that were made a moment ago are not the cache's" : "";
  return line("the cache's hits", "-", percent(ratio), `at least ${percent(leastHits)}`, fault, "freshness");
}

function originLines({ before, now }: NonNullable<Seen["origin"]>): readonly Line[] {
  const ms = ({ p95Ms }: Figures) => `${Math.round(p95Ms)} ms`;
  const bound = `${THRESHOLDS.slowerTimes} times and ${THRESHOLDS.slowerMs} ms more`;
  return [
    errors("the origin's errors", before, now),
    line("the origin's p95", ms(before), ms(now), bound, slow(before, now) ?? "", "latency"),
    growth(before, now),
  ];
}

/** A cache that holds no more shows here first. */
function growth(before: OriginFigures, now: OriginFigures): Line {
  const aMinute = ({ requests, minutes }: OriginFigures) => requests / minutes;
  const { moreAtOrigin, requestsThatCount } = BOUNDS;
  const isMore = aMinute(before) >= requestsThatCount && aMinute(now) > moreAtOrigin * aMinute(before);
  return line(
    "requests at the origin",
    `${aMinute(before).toFixed(0)} a minute`,
    `${aMinute(now).toFixed(0)} a minute`,
    `${moreAtOrigin} times`,
    isMore ? "more reaches the origin than before" : "",
    "overload",
  );
}

function orders(figures: BusinessFigures): Line {
  return line(
    "orders",
    `${figures.ordersBefore.toFixed(1)} a minute`,
    `${figures.ordersNow.toFixed(1)} a minute`,
    `at least ${percent(THRESHOLDS.leastOrders)}`,
    fewerOrders(figures) ?? "",
    "availability",
  );
}

function relayLine({ oldestSeconds, waiting }: RelayFigures): Line {
  const { relaySeconds } = BOUNDS;
  const fault = oldestSeconds > relaySeconds ? "changes wait for longer than readers were promised" : "";
  const now = `${waiting} wait, the oldest ${oldestSeconds.toFixed(1)} s`;
  return line("relay", "-", now, `${relaySeconds} s`, fault, "freshness");
}

/** @param page of the runbooks; null: what a deploy left behind */
function line(
  what: string,
  before: string,
  now: string,
  bound: string,
  fault: string,
  page: string | null,
): Line {
  const readOn = page === null ? "docs/deploying.md" : `docs/runbooks/${page}.md`;
  const note = fault === "" ? "" : `${fault}: ${readOn}`;
  return { state: fault === "" ? "ok" : "BAD", what, before, now, bound, note };
}

function unknown(what: string): Line {
  return { state: "unknown", what, before: "-", now: "-", bound: "-", note: "" };
}
