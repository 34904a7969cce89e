import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { bundleEdge } from "#scripts/local/edge.ts";

/** Where the scenarios' Worker runs. */
export type Target = { readonly url: string; readonly stop: () => Promise<void> };

const MAIN = "tests/conformance/http-cache/scenario-worker.ts";
const COMPATIBILITY_DATE = "2026-10-20";
const run = promisify(execFile);

/** In workerd on this machine, where there is no Workers Cache. */
export async function startLocally(): Promise<Target> {
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: [{ type: "ESModule", path: "scenario-worker.js", contents: await bundleEdge(MAIN) }],
      compatibilityDate: COMPATIBILITY_DATE,
      compatibilityFlags: ["enable_ctx_exports"],
      unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
    }),
  );
  await miniflare.ready;
  const url = String(await miniflare.unsafeGetDirectURL()).replace(/\/$/, "");
  return { url, stop: () => miniflare.dispose() };
}

/** On Cloudflare, under a name of its own, with Workers Cache in front of the cached entrypoint. */
export async function deploy(): Promise<Target> {
  const folder = await mkdtemp(join(tmpdir(), "gatehouse-scenarios-"));
  const config = join(folder, "wrangler.json");
  const name = `gatehouse-cache-scenarios-${Date.now().toString(36)}`;
  await writeFile(
    config,
    JSON.stringify({
      name,
      main: resolve(MAIN),
      compatibility_date: COMPATIBILITY_DATE,
      workers_dev: true,
      cache: { enabled: false },
      exports: { Scripted: { type: "worker", cache: { enabled: true } } },
    }),
  );
  const wrangler = (...args: string[]) =>
    run(process.execPath, ["node_modules/wrangler/bin/wrangler.js", ...args, "--config", config]);
  const { stdout } = await wrangler("deploy");
  const url = /https:\/\/\S+\.workers\.dev/.exec(stdout)?.[0];
  if (url === undefined) throw new Error(`wrangler named no URL:\n${stdout}`);
  const stop = async () => {
    await wrangler("delete", "--force");
    await rm(folder, { recursive: true, force: true });
  };
  return { url, stop };
}
