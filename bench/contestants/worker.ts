import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { childrenOf } from "../cpu.ts";

/** Runs a self-contained Worker of `workers/` on a direct socket: Miniflare's own port costs more than it. */
export async function startWorker(
  file: string,
  bindings: Readonly<Record<string, string>>,
): Promise<{ port: number; pids: number[] }> {
  const source = readFileSync(new URL(`../workers/${file}.ts`, import.meta.url), "utf8");
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: [{ type: "ESModule", path: "worker.js", contents: stripTypeScriptTypes(source) }],
      compatibilityDate: "2026-10-20",
      bindings,
      unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
    }),
  );
  await miniflare.ready;
  const { port } = await miniflare.unsafeGetDirectURL();
  return { port: Number(port), pids: childrenOf(process.pid) };
}
