import type { ServerOptions } from "node:http";

/**
 * How long a connection may take for each of its steps, so that clients that are slow on purpose hold nothing
 * for long. The time that a route may take is the budget that comes with the request.
 */

/** Longer than the longest budget of a route, 300 s: a body that trickles in ends here. */
const REQUEST_TIMEOUT_MS = 320_000;
/** From the connection, or the request's first byte, to the end of its headers. */
const HEADERS_TIMEOUT_MS = 10_000;
/**
 * Without a byte in either direction while there is something to send or to receive. A client that does not
 * read its answer ends here. Longer than any statement may take.
 */
const STALL_TIMEOUT_MS = 30_000;
/** Longer than proxies keep a connection, so that it is they who close it. */
const KEEP_ALIVE_TIMEOUT_MS = 72_000;
/** How soon after its time a connection is found; Node's own looks every 30 s. */
const LOOK_MS = 1_000;
/** Each takes a few kilobytes; whoever comes beyond is turned away at once. */
export const MAX_CONNECTIONS = 5_000;

/** As Fastify takes them; all in milliseconds. */
type Limits = {
  readonly requestTimeout: number;
  readonly connectionTimeout: number;
  readonly keepAliveTimeout: number;
  readonly http: ServerOptions;
};

export const SOCKET_LIMITS: Limits = {
  requestTimeout: REQUEST_TIMEOUT_MS,
  connectionTimeout: STALL_TIMEOUT_MS,
  keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
  http: {
    headersTimeout: HEADERS_TIMEOUT_MS,
    connectionsCheckingInterval: LOOK_MS,
    // Its own refusal would be no problem document (plugins/well-formed.ts).
    requireHostHeader: false,
  },
};

/** Probes and metrics: whoever asks is near, and asks for little. */
export const OPS_SOCKET_LIMITS: Limits = {
  requestTimeout: 5_000,
  connectionTimeout: 5_000,
  keepAliveTimeout: 5_000,
  http: { headersTimeout: 5_000, connectionsCheckingInterval: LOOK_MS },
};

export const MAX_OPS_CONNECTIONS = 1_000;
