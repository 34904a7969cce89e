import type { VariableReader } from "#shared/environment.ts";

/** By the names and values of the OpenTelemetry specification, so that whoever knows one service knows all. */
const SAMPLERS = [
  "always_on",
  "always_off",
  "traceidratio",
  "parentbased_always_on",
  "parentbased_always_off",
  "parentbased_traceidratio",
] as const;

export type SamplerName = (typeof SAMPLERS)[number];

export type TracingConfig = {
  /** Where a collector takes OTLP over HTTP, without `/v1/traces`. */
  readonly endpoint: string;
  /** Sent with each export, such as a key: secrets. */
  readonly headers: Readonly<Record<string, string>>;
  readonly serviceName: string;
  readonly resource: Readonly<Record<string, string>>;
  readonly sampler: SamplerName;
  /** 0 to 1, for the samplers that have a ratio. */
  readonly ratio: number;
};

/** @returns null when traces are off: there is nowhere to send them */
export function readTracing(read: VariableReader): TracingConfig | null {
  const config = {
    headers: readPairs(read, "OTEL_EXPORTER_OTLP_HEADERS"),
    serviceName: read.text("OTEL_SERVICE_NAME", "gatehouse-origin"),
    resource: readPairs(read, "OTEL_RESOURCE_ATTRIBUTES"),
    sampler: read.oneOf("OTEL_TRACES_SAMPLER", SAMPLERS, "parentbased_always_on"),
    ratio: readRatio(read, "OTEL_TRACES_SAMPLER_ARG"),
  };
  const isOff = read.text("OTEL_EXPORTER_OTLP_ENDPOINT", "") === "";
  if (isOff) return null;
  return { ...config, endpoint: read.url("OTEL_EXPORTER_OTLP_ENDPOINT", ["http:", "https:"]) };
}

/** `name=value` separated by commas, as W3C Baggage writes them. */
function readPairs(read: VariableReader, name: string): Readonly<Record<string, string>> {
  const items = read
    .text(name, "")
    .split(",")
    .filter((item) => item.trim() !== "");
  const pairs = items.map((item) => /^\s*([^\s=]+)\s*=\s*(.*?)\s*$/.exec(item));
  if (pairs.includes(null)) read.fault(name, "must be `name=value` pairs, separated by commas");
  return Object.fromEntries(pairs.flatMap((match) => (match ? [[match[1], decoded(match[2] ?? "")]] : [])));
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function readRatio(read: VariableReader, name: string): number {
  const ratio = Number(read.text(name, "1"));
  if (ratio >= 0 && ratio <= 1) return ratio;
  read.fault(name, "must be a number from 0 to 1");
  return 1;
}
