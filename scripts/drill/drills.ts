import { carryOut, type Outcome } from "#scripts/deploy/carry-out.ts";
import { judge, type Verdict } from "#scripts/deploy/guardrails.ts";
import { SHARES, type Step } from "#scripts/deploy/plan.ts";
import { probe } from "#scripts/deploy/probe.ts";
import { bundleEdge, startEdge } from "#scripts/local/edge.ts";
import { startBadOrigin } from "./bad-origin.ts";
import { differences, look, warm } from "./before-and-after.ts";
import type { Service } from "./service.ts";
import { CURRENT, NEXT } from "./splitter.ts";

/** Deploys of a version N+1 through the same plan and guardrails as a real one. */

export type Drill = {
  readonly title: string;
  readonly expected: Outcome;
  readonly tier: "edge" | "origin";
  /** Starts version N+1. */
  readonly start: (service: Service) => Promise<Version>;
};

type Version = { readonly url: string; readonly stop: () => Promise<unknown> };

export const DRILLS: readonly Drill[] = [
  {
    title: "an edge that throws for three requests in ten",
    expected: "rolled back",
    tier: "edge",
    start: ({ edgeVariables }) => startVersion("scripts/drill/edge/bad-worker.ts", edgeVariables),
  },
  {
    title: "an origin whose every answer is a 500",
    expected: "rolled back",
    tier: "origin",
    start: startBadOrigin,
  },
  {
    title: "an edge as good as the one before",
    expected: "deployed",
    tier: "edge",
    start: ({ edgeVariables }) => startVersion("edge/worker.ts", edgeVariables),
  },
];

async function startVersion(main: string, variables: Readonly<Record<string, string>>): Promise<Version> {
  return startEdge(await bundleEdge(main), { variables, shieldLimit: null, onLog: () => undefined });
}

const PROBES = 200;

/** @returns what went otherwise than it should; nothing: the drill has shown what it is for */
export async function rehearse(
  drill: Drill,
  service: Service,
  say: (line: string) => void,
): Promise<string[]> {
  const before = await warm(service);
  const splitter = drill.tier === "edge" ? service.edges : service.origins;
  const version = await drill.start(service);
  try {
    const outcome = await carryOut(stepsOf(drill), {
      run: async (step) => {
        splitter.split(version.url, shareOf(step) / 100);
        return true;
      },
      check: () => compare(drill, service),
      rollBack: async () => {
        splitter.split(version.url, 0);
        return true;
      },
      say,
    });
    const isAsExpected = outcome === drill.expected;
    const faults = isAsExpected ? [] : [`${outcome} instead of ${drill.expected}`];
    return drill.expected === "deployed" ? faults : [...faults, ...(await leftBehind(service, before))];
  } finally {
    splitter.split(version.url, 0);
    await version.stop();
  }
}

function stepsOf({ tier, title }: Drill): Step[] {
  return SHARES.flatMap((percent): Step[] => [
    {
      kind: "change",
      what: `${title}: ${percent}% of the ${tier}'s traffic`,
      command: ["split", String(percent)],
    },
    { kind: "check", what: `guardrails at ${percent}%`, percent },
  ]);
}

function shareOf(step: Step): number {
  return step.kind === "check" ? step.percent : Number(step.command[1]);
}

/**
 * At the edge, each version by itself. Behind it nobody can choose an origin: what clients get from both is
 * beside what the version before would have given, which fails nobody.
 */
async function compare({ tier }: Drill, { edges, token }: Service): Promise<Verdict> {
  const { url } = edges;
  const old = await probe({ url, token, version: CURRENT }, PROBES);
  if (tier === "origin") return judge({ ...old, failures: 0 }, old, null);
  return judge(old, await probe({ url, token, version: NEXT }, PROBES), null);
}

async function leftBehind(service: Service, before: Awaited<ReturnType<typeof look>>): Promise<string[]> {
  const { edges, token } = service;
  const changed = differences(before, await look(service)).map((one) => `the product: ${one}`);
  const { failures } = await probe({ url: edges.url, token, version: null }, PROBES);
  return [
    ...changed,
    ...(failures === 0 ? [] : [`${failures} of ${PROBES} requests fail after the rollback`]),
  ];
}
