import {
  type Attributes,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import { formatTraceparent, SAMPLED } from "#shared/traceparent.ts";
import type { Log } from "../call.ts";
import { summaryOf } from "../db/summary.ts";
import type { TracingConfig } from "./config.ts";
import { reporting } from "./reporting.ts";
import { sqlComment } from "./sql-comment.ts";
import type { DatabaseSpan, RequestBegun, RequestEnded, RequestTrace, Tracing } from "./tracing.ts";

/** The only file that knows OpenTelemetry. Attributes have the names of its semantic conventions, 1.4x. */

/** Spans that wait to be sent; more are dropped, so that a collector that is away costs no memory. */
const MAX_WAITING = 2_048;
const EXPORT_MS = 2_000;
const SEND_EACH_MS = 1_000;
/** What a stop waits for the last spans. */
const LAST_MS = 1_000;
/** OpenTelemetry's limit of a summary. */
const MAX_SUMMARY = 255;

/** Records requests and sends them to a collector (OTLP over HTTP, as JSON). Sets nothing globally. */
export function createTracing(config: TracingConfig, environment: string, log: Log): Tracing {
  const exporter = new OTLPTraceExporter({
    url: `${config.endpoint}/v1/traces`,
    headers: config.headers,
    timeoutMillis: EXPORT_MS,
  });
  const provider = new TracerProvider({
    sampler: samplerOf(config),
    resource: resourceFromAttributes({
      "service.name": config.serviceName,
      "deployment.environment.name": environment,
      ...config.resource,
    }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: reporting(exporter, log, Date.now),
        maxQueueSize: MAX_WAITING,
        scheduledDelayMillis: SEND_EACH_MS,
        exportTimeoutMillis: EXPORT_MS,
      }),
    ],
  });
  const tracer = provider.getTracer("gatehouse-origin");
  return {
    begin: (request) => beginRequest(tracer, request),
    async stop() {
      let timer: NodeJS.Timeout | undefined;
      const tooLate = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, LAST_MS);
      });
      // What became of the last spans has been reported.
      await Promise.race([provider.shutdown().catch(() => undefined), tooLate]);
      clearTimeout(timer);
    },
  };
}

function samplerOf({ sampler, ratio }: Pick<TracingConfig, "sampler" | "ratio">): Sampler {
  const roots = {
    always_on: () => new AlwaysOnSampler(),
    always_off: () => new AlwaysOffSampler(),
    traceidratio: () => new TraceIdRatioBasedSampler(ratio),
  };
  switch (sampler) {
    case "always_on":
    case "always_off":
    case "traceidratio":
      return roots[sampler]();
    case "parentbased_always_on":
      return new ParentBasedSampler({ root: roots.always_on() });
    case "parentbased_always_off":
      return new ParentBasedSampler({ root: roots.always_off() });
    case "parentbased_traceidratio":
      return new ParentBasedSampler({ root: roots.traceidratio() });
  }
}

function beginRequest(tracer: Tracer, request: RequestBegun): RequestTrace | null {
  const { operation, method, route, requestId, parent } = request;
  const attributes = {
    "http.request.method": method,
    "http.route": route,
    "url.scheme": "http",
    "gatehouse.request.id": requestId,
  };
  const span = tracer.startSpan(operation, { kind: SpanKind.SERVER, attributes }, contextOf(parent));
  if (!span.isRecording()) return null;
  return {
    database: () => beginDatabase(tracer, span, route),
    end: (ended) => endRequest(span, ended),
  };
}

function contextOf(parent: RequestBegun["parent"]) {
  if (parent === null) return ROOT_CONTEXT;
  const { traceId, parentId: spanId, flags } = parent;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: flags & SAMPLED, isRemote: true });
}

function endRequest(span: Span, { status, outcome, path, tenantId }: RequestEnded): void {
  const isError = status === null || status >= 500;
  span.setAttributes({
    "gatehouse.outcome": outcome,
    ...(status !== null && { "http.response.status_code": status }),
    ...(path !== null && { "url.path": path }),
    ...(tenantId !== null && { "gatehouse.tenant.id": tenantId }),
    ...(isError && { "error.type": outcome }),
  } satisfies Attributes);
  if (isError) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}

function beginDatabase(tracer: Tracer, parent: Span, route: string): DatabaseSpan {
  const attributes = { "db.system.name": "postgresql" };
  const options = { kind: SpanKind.CLIENT, attributes };
  const span = tracer.startSpan("postgresql", options, trace.setSpan(ROOT_CONTEXT, parent));
  const { traceId, spanId: parentId } = span.spanContext();
  const traceparent = formatTraceparent({ traceId, parentId, flags: SAMPLED });
  const comment = sqlComment({ route, traceparent });
  const summaries = new Set<string>();
  return {
    connected: () => span.addEvent("connection.acquired"),
    mark(statement) {
      summaries.add(summaryOf(statement));
      return `${statement}${comment}`;
    },
    end(error) {
      const summary = [...summaries].join("; ").slice(0, MAX_SUMMARY);
      if (summary !== "") span.updateName(summary).setAttribute("db.query.summary", summary);
      if (error !== null) {
        span.setAttributes({ "error.type": error.code, "db.response.status_code": error.code });
        span.setStatus({ code: SpanStatusCode.ERROR });
      }
      span.end();
    },
  };
}
