import { misused, parseArguments } from "#scripts/local/command-line.ts";

export type CacheProxyOptions = {
  /** Scheme, host and port, without a trailing slash. */
  readonly upstream: string;
  /** 0 for a free one. */
  readonly port: number;
  readonly maxBytes: number;
  readonly timeoutMs: number;
  /**
   * Whether clients reach workerd's own socket: faster, but workerd refuses methods it does not know
   * and keeps interim responses to itself.
   */
  readonly direct: boolean;
};

export const USAGE = `npm run cache-proxy -- --upstream URL [--port 8080] [--size-mb 64] [--timeout 30] [--direct]

Puts the embedded cache, in workerd, in front of an HTTP server. --timeout is in seconds. --direct
listens with workerd's own socket: faster, but without interim (1xx) responses and rare methods.`;

const MEGABYTE = 1024 * 1024;
/** An isolate has 128 MB, of which requests in flight need some. */
const MAX_SIZE_MB = 96;
const MAX_TIMEOUT_SECONDS = 3_600;

const OPTIONS = {
  options: {
    upstream: { type: "string" },
    port: { type: "string" },
    "size-mb": { type: "string" },
    timeout: { type: "string" },
    direct: { type: "boolean" },
  },
} as const;

const refused = (what: string) => misused(what, USAGE);

/** @throws StartError when something is missing or cannot be meant; null when help was asked for */
export function readOptions(args: readonly string[]): CacheProxyOptions | null {
  const parsed = parseArguments(args, USAGE, OPTIONS);
  if (parsed === null) return null;
  const { upstream, port = "8080", "size-mb": size = "64", timeout = "30", direct = false } = parsed.values;
  if (!upstream) throw refused("--upstream is missing: the URL of the server to cache.");
  return {
    upstream: readUpstream(upstream),
    port: readNumber("--port", port, 0, 65_535),
    maxBytes: readNumber("--size-mb", size, 1, MAX_SIZE_MB) * MEGABYTE,
    timeoutMs: readNumber("--timeout", timeout, 1, MAX_TIMEOUT_SECONDS) * 1_000,
    direct,
  };
}

function readUpstream(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) throw refused(`--upstream ${text} is no HTTP URL.`);
  if (url.pathname !== "/" || url.search !== "" || url.username !== "") {
    throw refused("--upstream takes scheme, host and port only: paths are passed on as they come.");
  }
  return url.origin;
}

function readNumber(name: string, text: string, least: number, most: number): number {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw refused(`${name} takes a number from ${least} to ${most}.`);
}
