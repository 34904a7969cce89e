import { isHit } from "#scripts/smoke/judge.ts";
import type { Figures } from "./guardrails.ts";
import { quantileOf } from "./quantile.ts";

/** Cloudflare sends a request that carries it to the version it names (Workers, gradual deployments). */
export const VERSION_HEADER = "cloudflare-workers-version-overrides";

export type Probed = {
  /** The edge. */
  readonly url: string;
  /** For reads of a tenant; null: what anybody may read. */
  readonly token: string | null;
  /** As `VERSION_HEADER` has it, `worker="version"`; null: whichever version traffic goes to. */
  readonly version: string | null;
};

const PUBLIC_TARGET = "/health";
const TIMEOUT_MS = 15_000;

export type ProbedFigures = Figures & {
  /** The cache's own, as a share of the reads that are its to answer; null: there were none. */
  readonly hitRatio: number | null;
  /** Answered with 429: the quota of whoever asks is used up, which says nothing of the edge. */
  readonly throttled: number;
};

/** Sends reads one after another and says what became of them. */
export async function probe({ url, token, version }: Probed, requests: number): Promise<ProbedFigures> {
  const headers: Record<string, string> = {};
  if (token !== null) headers["authorization"] = `Bearer ${token}`;
  if (version !== null) headers[VERSION_HEADER] = version;
  const times: number[] = [];
  let failures = 0;
  let hits = 0;
  let throttled = 0;
  for (let sent = 0; sent < requests; sent++) {
    const target = token === null ? PUBLIC_TARGET : targetOf(sent);
    const startedAt = performance.now();
    const answer = await answerTo(url + target, headers);
    if (answer === "failed") failures++;
    if (answer === "hit") hits++;
    if (answer === "throttled") throttled++;
    times.push(performance.now() - startedAt);
  }
  const hitRatio = token === null ? null : hits / Math.ceil(requests / 2);
  return { requests, failures, p95Ms: quantileOf(times, 0.95), hitRatio, throttled };
}

/** Half of them a hit after the first, half what nobody has asked for before: the origin's to answer. */
function targetOf(index: number): string {
  return index % 2 === 0 ? "/v1/products?pageSize=1" : `/v1/products?pageSize=1&q=${crypto.randomUUID()}`;
}

async function answerTo(
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<"hit" | "answered" | "throttled" | "failed"> {
  try {
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
    await response.arrayBuffer();
    if (response.status >= 500) return "failed";
    if (response.status === 429) return "throttled";
    return isHit(response) ? "hit" : "answered";
  } catch {
    return "failed";
  }
}
