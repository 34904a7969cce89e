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
import { counted } from "#scripts/local/table.ts";

/** What was seen some time after a deploy, line by line beside what it should be. Pure. */

/** Null: nobody could be asked, for want of a variable. */
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
  /** What is wrong and where to read on, or why it is unknown; empty: nothing is wrong. */
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

const UNMEASURED = "PROMETHEUS_URL is not set";

export function linesOf({ faults, probed, origin, business, relay, drift }: Seen): readonly Line[] {
  const found = counted(faults.length, "fault");
  return [
    line("smoke test, health", "-", found, "none", faults.join("; "), "availability"),
    edgeErrors(probed),
    hits(probed),
    ...(origin === null
      ? ["the origin's errors", "the origin's p95", "requests at the origin"].map((what) =>
          unknown(what, UNMEASURED),
        )
      : originLines(origin)),
    business === null ? unknown("orders", UNMEASURED) : orders(business),
    relay === null ? unknown("relay", UNMEASURED) : relayLine(relay),
    driftLine(drift),
  ];
}

/** Requests that a quota refuses say nothing of what failed among the others, or did not. */
function edgeErrors(probed: ProbedFigures): Line {
  const seen = errors("the edge's errors", null, probed);
  return seen.state === "ok" && probed.throttled > 0 ? unknown(seen.what, throttledNote(probed)) : seen;
}

function throttledNote({ throttled, requests, hitRatio }: ProbedFigures): string {
  const whose =
    hitRatio === null ? "of callers without a token (set SMOKE_TOKEN)" : "of SMOKE_TOKEN's client";
  return `${throttled} of ${requests} answered 429: the quota ${whose} is used up for this minute`;
}

function driftLine(drift: readonly string[] | null): Line {
  const what = "versions, configuration, migrations";
  if (drift === null) return unknown(what, "--env or MIGRATION_DATABASE_URL is not set");
  return line(what, "-", counted(drift.length, "difference"), "none", drift.join("; "), null);
}

const NOTHING: Figures = { requests: 0, failures: 0, p95Ms: 0 };

function errors(what: string, before: Figures | null, now: Figures): Line {
  const share = (figures: Figures) => percent(shareOf(figures));
  const bound = `${percent(THRESHOLDS.moreFailures)} more`;
  const fault = failing(before ?? NOTHING, now) ?? "";
  return line(what, before === null ? "-" : share(before), share(now), bound, fault, "availability");
}

function hits(probed: ProbedFigures): Line {
  const { hitRatio: ratio, throttled } = probed;
  if (ratio === null) return unknown("the cache's hits", "SMOKE_TOKEN is not set");
  if (throttled > 0) return unknown("the cache's hits", throttledNote(probed));
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

/** @param why what would have to be set, or has to be waited for */
function unknown(what: string, why: string): Line {
  return { state: "unknown", what, before: "-", now: "-", bound: "-", note: why };
}
