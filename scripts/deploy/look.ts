import { setTimeout as sleep } from "node:timers/promises";
import { smoke } from "#scripts/smoke/run.ts";
import { judge, type Verdict } from "./guardrails.ts";
import type { Environment } from "./plan.ts";
import { probe } from "./probe.ts";
import { businessFigures, originFigures } from "./prometheus.ts";
import type { DeployVariables } from "./variables.ts";
import { versionTagged } from "./wrangler.ts";

export type Deploying = {
  readonly environment: Environment;
  /** Of the edge's new version. */
  readonly tag: string;
  /** Of the edge's old version. */
  readonly current: string | null;
  readonly begunAt: Date;
  readonly variables: DeployVariables;
};

/** Long enough that Prometheus has scraped a few times. */
const MINUTES = 5;
const PROBES = 300;

/**
 * Smoke test, then guardrails: the new version beside the old one, by requests of its own to each, and the
 * origin beside itself of before the deploy, by what Prometheus has.
 * @param percent of the edge's traffic that the new version has
 */
export async function lookAt(deploying: Deploying, percent: number): Promise<Verdict> {
  const { environment, current, tag, variables } = deploying;
  const { edgeUrl: url, smokeToken: token } = variables;
  const next = percent === 0 ? null : overrideOf(environment, versionTagged(environment, tag));
  const results = await smoke({ url, token, version: next, opsUrls: [] });
  const faults = results.flatMap(({ title, fault }) => (fault === null ? [] : [`${title}: ${fault}`]));
  if (faults.length > 0) return { kind: "roll back", reasons: faults };
  await sleep(MINUTES * 60_000);
  const old = percent === 100 || current === null ? null : overrideOf(environment, current);
  const atOrigin = await originVerdict(deploying);
  if (atOrigin.kind === "roll back") return atOrigin;
  return judge(
    await probe({ url, token, version: old }, PROBES),
    await probe({ url, token, version: next }, PROBES),
    null,
  );
}

async function originVerdict({ variables, begunAt }: Deploying): Promise<Verdict> {
  const { prometheusUrl } = variables;
  if (prometheusUrl === null) return { kind: "go on" };
  const since = Math.ceil((Date.now() - begunAt.getTime()) / 60_000);
  const [before, now, business] = await Promise.all([
    originFigures(prometheusUrl, { minutes: 60, endedMinutesAgo: since }),
    originFigures(prometheusUrl, { minutes: MINUTES, endedMinutesAgo: 0 }),
    businessFigures(prometheusUrl, MINUTES, since),
  ]);
  return judge(before, now, business);
}

/** The Worker's name is part of it (`wrangler.toml`). */
function overrideOf(environment: Environment, version: string): string {
  return `${environment === "production" ? "gatehouse" : `gatehouse-${environment}`}="${version}"`;
}
