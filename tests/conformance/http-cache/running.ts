import { bundleCacheProxy, startCacheProxy } from "#scripts/cache-proxy/start.ts";
import { startUpstream, type Upstream } from "./upstream.ts";

export type Running = {
  readonly upstream: Upstream;
  readonly url: string;
  readonly get: (path: string, init?: RequestInit) => Promise<Response>;
  readonly stop: () => Promise<void>;
};

/** What a request may take; what is held in a test is let go well before. */
export const TIMEOUT_MS = 2_000;

let bundle: Promise<string> | null = null;

/** The cache in workerd, in front of an upstream that does as a test says. */
export async function startInFront(direct = false): Promise<Running> {
  bundle ??= bundleCacheProxy();
  const upstream = await startUpstream();
  const options = { upstream: upstream.url, port: 0, maxBytes: 8_000_000, timeoutMs: TIMEOUT_MS, direct };
  const proxy = await startCacheProxy(options, await bundle);
  return {
    upstream,
    url: proxy.url,
    get: (path, init) => fetch(proxy.url + path, { redirect: "manual", ...init }),
    stop: async () => {
      await proxy.stop();
      await upstream.stop();
    },
  };
}

/** What a test looks at first. */
export function statusOf({ status, headers }: Response): [status: number, cache: string | null] {
  return [status, headers.get("cf-cache-status")];
}
