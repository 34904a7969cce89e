import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { childrenOf } from "../cpu.ts";

export type RunningWorker = {
  readonly port: number;
  readonly pids: readonly number[];
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
): Promise<RunningWorker> {
  const others = new Set(childrenOf(process.pid));
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: [{ type: "ESModule", path: "worker.js", contents: script }],
      compatibilityDate: "2026-10-20",
      bindings,
      unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
    }),
  );
  await miniflare.ready;
  const { port } = await miniflare.unsafeGetDirectURL();
  const pids = childrenOf(process.pid).filter((pid) => !others.has(pid));
  return { port: Number(port), pids, stop: () => miniflare.dispose() };
}
