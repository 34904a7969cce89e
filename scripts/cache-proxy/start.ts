import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { unstable_readConfig as readConfig } from "wrangler";
import { bundleEdge } from "#scripts/local/edge.ts";
import { LOOPBACK, requirePort } from "#scripts/local/ports.ts";
import { StartError } from "#scripts/local/start-error.ts";
import type { CacheProxyOptions } from "./options.ts";
import { type Relay, startRelay } from "./relay.ts";

export type RunningCacheProxy = {
  readonly url: string;
  readonly stop: () => Promise<void>;
};

const WORKER = "edge/http-cache/proxy-worker.ts";

/** @throws StartError when the port is taken or workerd does not start */
export async function startCacheProxy(
  options: CacheProxyOptions,
  script?: string,
): Promise<RunningCacheProxy> {
  await requirePort(options.port, "the cache proxy").catch(() => {
    throw new StartError(
      `Port ${options.port} is taken, or may not be used: stop the program that listens there, ` +
        "or choose another one with --port.",
    );
  });
  const bundle = script ?? (await bundleCacheProxy());
  if (options.direct) {
    const miniflare = await startWorker(bundle, options, options.upstream, options.port);
    return { url: await urlOf(miniflare), stop: () => miniflare.dispose() };
  }
  return startBehind(await startRelay(options.upstream, options.port), bundle, options);
}

export function bundleCacheProxy(): Promise<string> {
  return bundleEdge(WORKER);
}

async function startBehind(
  relay: Relay,
  bundle: string,
  options: CacheProxyOptions,
): Promise<RunningCacheProxy> {
  try {
    const miniflare = await startWorker(bundle, options, relay.backUrl, 0);
    relay.connect(await urlOf(miniflare));
    const stop = async () => {
      await relay.stop();
      await miniflare.dispose();
    };
    return { url: relay.url, stop };
  } catch (error) {
    await relay.stop();
    throw error;
  }
}

async function startWorker(
  script: string,
  { maxBytes, timeoutMs, direct }: CacheProxyOptions,
  upstream: string,
  port: number,
): Promise<Miniflare> {
  const { compatibility_date: compatibilityDate } = readConfig({ config: "wrangler.toml" });
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: [{ type: "ESModule", path: "proxy-worker.js", contents: script }],
      ...(compatibilityDate ? { compatibilityDate } : {}),
      bindings: { UPSTREAM_URL: upstream, MAX_BYTES: maxBytes, TIMEOUT_MS: timeoutMs, RELAYED: !direct },
      // Not by the global fetch, on whose way Miniflare puts a \`CF-Worker\` and takes \`CF-Connecting-IP\` away.
      serviceBindings: { UPSTREAM: { external: serverAt(new URL(upstream)) } },
      unsafeDirectSockets: [{ host: LOOPBACK, port }],
    }),
  );
  try {
    await miniflare.ready;
    return miniflare;
  } catch (error) {
    await miniflare.dispose().catch(() => undefined);
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartError(`The cache proxy does not start on port ${port}: ${reason}`);
  }
}

function serverAt({ protocol, hostname, port }: URL) {
  if (protocol === "http:") return { address: `${hostname}:${port || 80}`, http: {} };
  const tlsOptions = { trustBrowserCas: true };
  return {
    address: `${hostname}:${port || 443}`,
    https: { options: {}, tlsOptions, certificateHost: hostname },
  };
}

async function urlOf(miniflare: Miniflare): Promise<string> {
  return String(await miniflare.unsafeGetDirectURL()).replace(/\/$/, "");
}
