import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { unstable_readConfig as readConfig } from "wrangler";
import { LOOPBACK } from "./ports.ts";
import { StartError } from "./start-error.ts";

/**
 * The edge in workerd, from wrangler.toml: bundled by wrangler as a deploy would, run by Miniflare on
 * a direct socket. Miniflare's own entry port would tidy paths up (`/a/../b`) before the gateway
 * sees them, which Cloudflare does not.
 */

const CONFIG = "wrangler.toml";
// By path, and by this very Node: a machine's own may be too old for wrangler.
const WRANGLER = fileURLToPath(new URL("../../node_modules/wrangler/bin/wrangler.js", import.meta.url));
const run = promisify(execFile);

export type EdgeOptions = {
  /** The text variables and secrets of `edge/env.ts`; they override wrangler.toml's. */
  readonly variables: Readonly<Record<string, string>>;
  /** A free port when left out. */
  readonly port?: number;
  /**
   * Requests a minute that the shield lets through from one address; wrangler.toml's when left out.
   * Null: no binding, as in self-hosted workerd. Miniflare's stand-in is a durable object on SQLite,
   * far slower than the real one, so benchmarks run without.
   */
  readonly shieldLimit?: number | null;
  /** Receives what the Worker logs, a line at a time; printed when left out. */
  readonly onLog?: (line: string) => void;
  /** Where the wrangler.toml is that the script goes with; the work tree when left out. */
  readonly folder?: string;
  /** Whether V8's inspector listens, on a free port, and `gc()` is there for it. */
  readonly inspected?: boolean;
};

/** Where the source is, with its wrangler.toml. */
const HERE = ".";

export type RunningEdge = {
  readonly url: string;
  /** Puts another bundle in place of the running one, on the same port. */
  readonly reload: (script: string) => Promise<void>;
  /** Of one that was started `inspected`. */
  readonly inspector: () => Promise<URL>;
  readonly stop: () => Promise<void>;
};

/**
 * Bundles a Worker.
 * @param main its entry file
 * @param folder where the source is, with its wrangler.toml
 * @returns the script
 * @throws StartError with what the bundler said
 */
export async function bundleEdge(main = "edge/worker.ts", folder = HERE): Promise<string> {
  const out = await mkdtemp(join(tmpdir(), "gatehouse-edge-"));
  try {
    const args = [WRANGLER, "deploy", main, "--dry-run", "--config", CONFIG, "--outdir", out];
    const env = { ...process.env, WRANGLER_SEND_METRICS: "false", NO_COLOR: "1" };
    await run(process.execPath, args, { env, cwd: folder });
    return await readFile(join(out, basename(main).replace(/\.ts$/, ".js")), "utf8");
  } catch (error) {
    const said = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : String(error);
    throw new StartError(`The edge cannot be bundled:\n${said}`);
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}

/** Starts workerd with a bundled script. */
export async function startEdge(script: string, options: EdgeOptions): Promise<RunningEdge> {
  if (options.inspected) process.env["MINIFLARE_WORKERD_V8_FLAGS"] = "--expose-gc";
  const miniflare = withoutSignalHandlers(() => new Miniflare(optionsFor(script, options)));
  try {
    await miniflare.ready;
    delete process.env["MINIFLARE_WORKERD_V8_FLAGS"];
  } catch (error) {
    await miniflare.dispose().catch(() => undefined);
    throw new StartError(
      `The edge does not start: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  const url = String(await miniflare.unsafeGetDirectURL()).replace(/\/$/, "");
  const port = Number(new URL(url).port);
  return {
    url,
    reload: (next) => miniflare.setOptions(optionsFor(next, { ...options, port })),
    inspector: () => miniflare.getInspectorURL(),
    stop: () => miniflare.dispose(),
  };
}

/**
 * Miniflare ends the process at once on a signal. Where somebody listens already, it is for them to
 * stop this part in its turn.
 */
function withoutSignalHandlers<T>(make: () => T): T {
  const before = (["SIGINT", "SIGTERM", "SIGHUP"] as const).map((signal) => ({
    signal,
    listeners: process.listeners(signal),
  }));
  const made = make();
  for (const { signal, listeners } of before.filter(({ listeners }) => listeners.length > 0)) {
    const added = process.listeners(signal).filter((listener) => !listeners.includes(listener));
    for (const listener of added) process.off(signal, listener);
  }
  return made;
}

function optionsFor(
  script: string,
  { variables, port = 0, shieldLimit, onLog, inspected, folder = HERE }: EdgeOptions,
) {
  const config = readConfig({ config: join(folder, CONFIG) });
  const [shield] = config.ratelimits;
  if (shield === undefined) throw new StartError(`${CONFIG} binds no rate limit`);
  return convertV4MiniflareOptions({
    modules: [{ type: "ESModule", path: "worker.js", contents: script }],
    ...(config.compatibility_date ? { compatibilityDate: config.compatibility_date } : {}),
    compatibilityFlags: config.compatibility_flags,
    bindings: { ...textOnly(config.vars), ...variables },
    ratelimits:
      shieldLimit === null
        ? {}
        : {
            [shield.name]: {
              namespace_id: shield.namespace_id,
              simple: { ...shield.simple, limit: shieldLimit ?? shield.simple.limit },
            },
          },
    unsafeDirectSockets: [{ host: LOOPBACK, port }],
    ...(inspected ? { inspectorPort: 0 } : {}),
    ...(onLog ? { handleStructuredLogs: ({ message }: { message: string }) => onLog(message) } : {}),
  });
}

function textOnly(vars: Readonly<Record<string, unknown>>): Record<string, string> {
  const texts = Object.entries(vars).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return Object.fromEntries(texts);
}
