import { randomUUID } from "node:crypto";
import type { Check, Story } from "./check.ts";
import { type Probe, probeOf } from "./probe.ts";
import { OPS_CHECKS, PUBLIC_CHECKS } from "./public-checks.ts";
import { TENANT_CHECKS } from "./tenant-checks.ts";

export type SmokeTarget = {
  /** The edge. */
  readonly url: string;
  /** Of a tenant's client with `catalog:read` and `catalog:write`; null: only what anybody may see is checked. */
  readonly token: string | null;
  /** The version of the edge to ask, as Cloudflare's header has it; left out: whichever traffic goes to. */
  readonly version?: string | null;
  /** Origins' ports for probes and metrics. */
  readonly opsUrls: readonly string[];
};

export type Result = {
  readonly title: string;
  /** Null: as it should be. */
  readonly fault: string | null;
  readonly tookMs: number;
};

/**
 * Runs every check, one after the other; none is left out because another failed.
 * @param report told of each as it ends
 */
export async function smoke(
  { url, token, version = null, opsUrls }: SmokeTarget,
  report: (result: Result) => void = () => undefined,
): Promise<readonly Result[]> {
  const anybody = probeOf(url, null, version);
  const story: Story = { mark: `smoke-${randomUUID()}`, productId: "", consistency: "" };
  const work: (readonly [Check, Probe, string])[] = [
    ...PUBLIC_CHECKS.map((check) => [check, anybody, check.title] as const),
    ...(token === null ? [] : TENANT_CHECKS).map(
      (check) => [check, probeOf(url, token, version), check.title] as const,
    ),
    ...opsUrls.flatMap((ops) =>
      OPS_CHECKS.map((check) => [check, probeOf(ops, null), `${ops}: ${check.title}`] as const),
    ),
  ];
  const results: Result[] = [];
  for (const [check, probe, title] of work) {
    const startedAt = performance.now();
    const fault = await faultOf(check, probe, story);
    const result = { title, fault, tookMs: Math.round(performance.now() - startedAt) };
    results.push(result);
    report(result);
  }
  return results;
}

async function faultOf({ ask, judge }: Check, probe: Probe, story: Story): Promise<string | null> {
  try {
    return judge(await ask(probe, story), story);
  } catch (error) {
    return `cannot be asked: ${reasonOf(error)}`;
  }
}

/** `fetch failed` says nothing; its cause does. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
