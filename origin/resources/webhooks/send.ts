import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { isIPv6 } from "node:net";
import type { DeliveryError } from "#shared/resources/webhook-schemas.ts";
import { type Resolve, resolveTarget } from "./resolve.ts";
import { readTarget, type TargetRule } from "./target.ts";

/** How one attempt ended. Nothing that the receiver wrote is in it. */
export type Attempt = {
  /** Null: there was no answer. */
  readonly status: number | null;
  /** Null: it was delivered. */
  readonly error: DeliveryError | null;
  readonly retryAfter: string | null;
};

export type Post = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/** @param signal ends the attempt, when its time is up */
export type Send = (post: Post, signal: AbortSignal) => Promise<Attempt>;

/** What is read of an answer before its connection is closed, in bytes. */
const MAX_ANSWER_BYTES = 16_384;

/**
 * Sends to public addresses only: the name is resolved once, and the connection is made to what was
 * looked at, so that no second answer of a name server can lead elsewhere. Redirects are not followed.
 */
export function createSend(rule: TargetRule, resolve: Resolve): Send {
  return async function send({ url: text, headers, body }, signal) {
    const target = readTarget(text, rule);
    if (target.kind === "refused") return failed("refused-address");
    const resolved = await orAborted(resolveTarget(target, rule, resolve), signal);
    if (resolved === null) return failed("timeout");
    if (resolved.kind !== "addresses") return failed(resolved.kind);
    return post(target.url, resolved.addresses, headers, body, signal);
  };
}

function post(
  url: URL,
  addresses: readonly string[],
  headers: Post["headers"],
  body: string,
  signal: AbortSignal,
): Promise<Attempt> {
  const request = url.protocol === "https:" ? requestHttps : requestHttp;
  const pinned = addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
  return new Promise((resolve) => {
    let attempt: Attempt | null = null;
    const sent = request(url, {
      method: "POST",
      // A connection of its own: one that is kept could be to what the name meant before.
      agent: false,
      lookup(_host, { all }, done) {
        if (all === true) done(null, pinned);
        else done(null, pinned[0]?.address ?? "", pinned[0]?.family);
      },
      signal,
      headers: { ...headers, "content-length": Buffer.byteLength(body) },
    });
    sent.on("response", (response) => {
      attempt = answered(response.statusCode ?? 0, response.headers["retry-after"] ?? null);
      let read = 0;
      // The status has said all there is; the rest is read for the receiver's sake, to a bound.
      response.on("data", (chunk: Buffer) => {
        read += chunk.length;
        if (read > MAX_ANSWER_BYTES) response.destroy();
      });
      response.on("error", () => undefined);
    });
    sent.on("error", (error) => {
      attempt ??= failed(signal.aborted ? "timeout" : kindOf(error));
    });
    sent.on("close", () => resolve(attempt ?? failed("unreachable")));
    sent.end(body);
  });
}

function answered(status: number, retryAfter: string | null): Attempt {
  if (status >= 200 && status < 300) return { status, error: null, retryAfter: null };
  return { status, error: status === 410 ? "gone" : "status", retryAfter };
}

function failed(error: DeliveryError): Attempt {
  return { status: null, error, retryAfter: null };
}

const TLS_ERROR = /^(?:ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_MISMATCH|EPROTO)/;

function kindOf(error: Error): DeliveryError {
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return TLS_ERROR.test(code) ? "tls" : "unreachable";
}

function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | null> {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => resolve(null), { once: true });
    if (signal.aborted) resolve(null);
    work.then(resolve, reject);
  });
}
