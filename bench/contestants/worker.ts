import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { childrenOf } from "../cpu.ts";

export type RunningWorker = {
  readonly port: number;
  readonly pids: readonly number[];
  /** Of one that was started with flags for V8. */
  readonly inspector: () => Promise<URL>;
  readonly stop: () => Promise<void>;
};

/** Runs a self-contained Worker of `workers/`. */
export function startWorker(
  file: string,
  bindings: Readonly<Record<string, string>>,
): Promise<RunningWorker> {
  const source = readFileSync(new URL(`../workers/${file}.ts`, import.meta.url), "utf8");
  return startScript(stripTypeScriptTypes(source), bindings);
}

/** Runs a script as a Worker on a direct socket: Miniflare's own port costs more than it. */
export async function startScript(
  script: string,
  bindings: Readonly<Record<string, string>> = {},
  v8Flags: string | null = null,
): Promise<RunningWorker> {
  if (v8Flags !== null) process.env["MINIFLARE_WORKERD_V8_FLAGS"] = v8Flags;
  const others = new Set(childrenOf(process.pid));
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: [{ type: "ESModule", path: "worker.js", contents: script }],
      compatibilityDate: "2026-10-20",
      bindings,
      ...(v8Flags === null ? {} : { inspectorPort: 0 }),
      unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
    }),
  );
  await miniflare.ready;
  delete process.env["MINIFLARE_WORKERD_V8_FLAGS"];
  const { port } = await miniflare.unsafeGetDirectURL();
  const pids = childrenOf(process.pid).filter((pid) => !others.has(pid));
  return {
    port: Number(port),
    pids,
    inspector: () => miniflare.getInspectorURL(),
    stop: () => miniflare.dispose(),
  };
}
