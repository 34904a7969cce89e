import { randomUUID } from "node:crypto";
import { ask, outcomeOf } from "./exchange.ts";
import type { Lane } from "./lane.ts";
import { adjustmentOf, requests } from "./requests.ts";
import { readOf, type Scene, until } from "./scene.ts";

/** Whether everything works again that worked before. */

const PATIENCE_MS = 30_000;

export type Recovery = {
  /** Since it was called. */
  readonly tookMs: number;
  /** What came back last. */
  readonly lastLacked: string;
  /** What is still away, after all of our patience. Null: nothing. */
  readonly lacks: string | null;
};

export function recover(lane: Lane, scene: Scene): Promise<Recovery> {
  const looks = looksAt(lane, scene);
  let lastLacked = "nothing";
  const startedAt = performance.now();
  const sinceStart = () => Math.round(performance.now() - startedAt);
  const back = until(PATIENCE_MS, async () => {
    for (const [what, isBack] of looks) {
      if (await isBack()) continue;
      lastLacked = what;
      return false;
    }
    return true;
  });
  return back.then(
    () => ({ tookMs: sinceStart(), lastLacked, lacks: null }),
    () => ({ tookMs: sinceStart(), lastLacked, lacks: lastLacked }),
  );
}

type Look = readonly [what: string, isBack: () => Promise<boolean>];

function looksAt(lane: Lane, scene: Scene): readonly Look[] {
  const GOOD: ReadonlySet<string> = new Set(["fresh", "cached", "done"]);
  const isGood = async (asked: Parameters<typeof ask>[0] | Promise<Parameters<typeof ask>[0]>) =>
    GOOD.has(outcomeOf(await ask(await asked)));
  return [
    ["a read", () => isGood(readOf(lane, scene.unknown.at(-1) ?? "", scene.knownToken))],
    ["a write", () => isGood(adjustmentOf(lane, scene, scene.written.at(-1) ?? "", true))],
    ["new keys", () => isGood(requests.newKey.asked(lane, scene))],
    ["a fail-closed route", () => isGood(requests.closed.asked(lane))],
    ["the figures of a quota", () => hasFigures(lane, scene)],
    ["health", () => isHealthy(lane)],
    ["readiness", () => areReady(lane)],
  ];
}

/** Known only while Redis counts. */
async function hasFigures(lane: Lane, { cached }: Scene): Promise<boolean> {
  const { headers } = await ask(readOf(lane, cached[0] ?? "", await lane.newToken(randomUUID())));
  return headers.has("x-ratelimit-limit");
}

async function isHealthy({ edgeUrl }: Lane): Promise<boolean> {
  const { json } = await ask({ url: `${edgeUrl}/health`, token: "", budgetMs: 2_000 });
  return json?.status === "ok";
}

/** Every check of every origin, the relay's heartbeat among them. */
async function areReady({ opsUrls }: Lane): Promise<boolean> {
  const answers = await Promise.all(
    opsUrls.map((url) => ask({ url: `${url}/ready`, token: "", budgetMs: 2_000 })),
  );
  return answers.every(({ status, json }) => {
    const checks: readonly { readonly ok: boolean }[] = json?.checks ?? [];
    return status === 200 && checks.length > 0 && checks.every(({ ok }) => ok);
  });
}
