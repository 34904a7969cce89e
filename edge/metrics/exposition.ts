import type { CacheFigures } from "../cache/serve.ts";
import type { OriginReport } from "../upstream/pool.ts";
import { type Counts, DURATION_BUCKETS } from "./counts.ts";

/** What an isolate can say of itself. */
export type Figures = {
  readonly counts: Counts;
  /** In the order of `ORIGIN_URLS`. */
  readonly origins: readonly OriginReport[];
  readonly cache: CacheFigures;
  /** Whether Redis is not asked for quotas, for it did not answer. */
  readonly areQuotasAway: boolean;
  /** Whether the versions of data are known; null: nobody has asked yet. */
  readonly isSighted: boolean | null;
};

type Kind = "counter" | "gauge" | "histogram";
/** Label values need no escaping: ids, codes, words and numbers. */
type Labels = Readonly<Record<string, string | number>>;
type Sample = readonly [labels: Labels, value: number, suffix?: "_bucket" | "_sum" | "_count"];

/** Figures in Prometheus' text format. */
export function expositionOf({ counts, origins, cache, areQuotasAway, isSighted }: Figures): string {
  const one = (value: number): readonly Sample[] => [[{}, value]];
  return [
    family(
      "counter",
      "requests_total",
      "Requests answered, by operation and what became of them",
      samplesOf(counts.requests, "operation"),
    ),
    family(
      "counter",
      "origin_attempts_total",
      "Attempts to ask an origin, by what came of them",
      samplesOf(counts.attempts, "origin"),
    ),
    family("histogram", "origin_duration_seconds", "Time of attempts, by origin", durations(counts)),
    family(
      "gauge",
      "circuit_state",
      "1 for the state that the circuit of an origin is in",
      circuits(origins),
    ),
    family("gauge", "cache_bytes", "What stored answers take, estimated", one(cache.bytes)),
    family("gauge", "cache_entries", "Stored answers", one(cache.entries)),
    family("counter", "cache_evictions_total", "Stored answers that made room", one(cache.evictions)),
    family("gauge", "quotas_away", "1 while Redis is not asked for quotas", one(Number(areQuotasAway))),
    family(
      "gauge",
      "sighted",
      "1 when the versions of data are known; NaN: not asked yet",
      one(isSighted === null ? Number.NaN : Number(isSighted)),
    ),
  ].join("");
}

function samplesOf(counts: Counts["requests"], label: string): readonly Sample[] {
  return [...counts].flatMap(([first, outcomes]) =>
    [...outcomes].map(([outcome, { n }]): Sample => [{ [label]: first, outcome }, n]),
  );
}

const STATES = ["closed", "half-open", "open"] as const;

function circuits(origins: readonly OriginReport[]): readonly Sample[] {
  return origins.flatMap(({ state: current }, origin) =>
    STATES.map((state): Sample => [{ origin, state }, current === state ? 1 : 0]),
  );
}

function durations({ durations }: Counts): readonly Sample[] {
  return [...durations].flatMap(([origin, { buckets, sum, count }]): Sample[] => [
    ...DURATION_BUCKETS.map((le, i): Sample => [{ origin, le }, buckets[i] ?? 0, "_bucket"]),
    [{ origin, le: "+Inf" }, count, "_bucket"],
    [{ origin }, sum, "_sum"],
    [{ origin }, count, "_count"],
  ]);
}

function family(kind: Kind, name: string, help: string, samples: readonly Sample[]): string {
  const full = `gatehouse_edge_${name}`;
  const lines = samples.map(([labels, value, suffix = ""]) => `${full}${suffix}${braced(labels)} ${value}`);
  return [`# HELP ${full} ${help}`, `# TYPE ${full} ${kind}`, ...lines, ""].join("\n");
}

function braced(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}
