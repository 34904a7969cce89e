import { headers as names, REQUEST_ID_PATTERN } from "#shared/headers.ts";
import type { Principal } from "#shared/identity.ts";
import { parseTraceparent, type TraceParent } from "#shared/traceparent.ts";
import type { Exchange } from "./exchange.ts";
import type { Charged } from "./limit/decision.ts";
import { networkOf } from "./limit/network.ts";
import { rawTarget } from "./paths.ts";

const nothing = () => undefined;

/** An exchange as it begins: what the request itself says, and nothing learnt yet. */
export class Arrival implements Exchange {
  readonly request: Request;
  readonly method: string;
  readonly headers: Headers;
  readonly path: string;
  readonly search: string;
  readonly requestId: string;
  readonly correlationId: string;
  readonly startedAt: number;
  readonly address: string;
  readonly waitUntil: (work: Promise<unknown>) => void;
  readonly outgoing: (readonly [string, string])[] = [];
  operationId: string | null = null;
  params: Readonly<Record<string, string>> = {};
  principal: Principal | null = null;
  plan: string | null = null;
  charged: Charged | null = null;
  refund: () => void = nothing;
  unchecked = false;
  target = "";
  outcome = "answered";
  failure: unknown = null;
  readonly #id = crypto.randomUUID();

  /**
   * @param addressHeader where the platform says whose the connection is
   * @param startedAt milliseconds since the epoch
   */
  constructor(
    request: Request,
    context: Pick<ExecutionContext, "waitUntil">,
    addressHeader: string,
    startedAt: number,
  ) {
    const { headers } = request;
    const { path, search } = rawTarget(request.url);
    this.request = request;
    this.method = request.method;
    this.headers = headers;
    this.path = path;
    this.search = search;
    this.requestId = wellFormed(headers.get(names.requestId)) ?? this.#id;
    this.correlationId = wellFormed(headers.get(names.correlationId)) ?? this.requestId;
    this.startedAt = startedAt;
    this.address = networkOf(headers.get(addressHeader));
    this.waitUntil = (work) => context.waitUntil(work);
  }

  /** Only if anybody asks: a hit that is not logged names no trace. */
  get traceId(): string {
    return this.#trace?.traceId ?? this.#id.replaceAll("-", "");
  }

  get traceFlags(): number | null {
    return this.#trace?.flags ?? null;
  }

  get #trace(): TraceParent | null {
    return parseTraceparent(this.headers.get(names.traceparent));
  }
}

function wellFormed(id: string | null): string | null {
  return id !== null && REQUEST_ID_PATTERN.test(id) ? id : null;
}
