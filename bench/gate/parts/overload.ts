import type { Check } from "../../bars/part.ts";
import { PLANS } from "../constants.ts";
import { type Offered, offer, roundRobin, wandering } from "../offer.ts";
import type { GateStack, Part } from "../part.ts";
import { grantedTo } from "../quota.ts";
import { type Client, newClient } from "../stack.ts";

/** Eight edges, three times as many requests as the quota allows, for one whole window of Redis's clock. */

const WINDOW_MS = 60_000;
const OVERLOAD = 3;
const EFFICIENCY_BAR = 0.97;
/** Sending stops before the window ends, so that every answer falls into it. */
const TAIL_MS = 5_000;

type Load = {
  readonly what: string;
  readonly plan: "q600" | "q6000";
  readonly edgeFor: typeof roundRobin;
  readonly isJudged: boolean;
};

const LOADS: readonly Load[] = [
  { what: "600 a minute", plan: "q600", edgeFor: roundRobin, isJudged: true },
  { what: "6,000 a minute", plan: "q6000", edgeFor: roundRobin, isJudged: true },
  // The worst for leases: an edge has just learned the pace when the requests go elsewhere.
  { what: "600 a minute, from edge to edge each second", plan: "q600", edgeFor: wandering, isJudged: false },
];

export const overload: Part = {
  name: "c",
  title: `Admitted of the quota over eight edges, at ${OVERLOAD} times as much demand`,
  async run({ progress, stack }) {
    const gate = await stack();
    const clients = await Promise.all(LOADS.map(({ plan }) => newClient(gate, plan)));
    progress("waiting for a window to begin");
    const begins = Math.ceil(Date.now() / WINDOW_MS) * WINDOW_MS + 5;
    await until(begins);
    progress(`one window of ${WINDOW_MS / 1_000} s`);
    const rows = await Promise.all(
      LOADS.map(async (load, i) => {
        const client = clients[i] as Client;
        const offered = await offerTo(gate, load, client, begins + WINDOW_MS - TAIL_MS);
        return { load, offered, granted: await grantedTo(gate, client) };
      }),
    );
    return {
      checks: rows.flatMap(({ load, offered, granted }) => checksOf(load, offered, granted)),
      details: { rows },
    };
  },
};

function offerTo(gate: GateStack, { plan, edgeFor }: Load, { token }: Client, endsAt: number) {
  return offer({
    edges: gate.edges,
    token,
    perSecond: (OVERLOAD * PLANS[plan]) / (WINDOW_MS / 1_000),
    endsAt,
    edgeFor,
  });
}

function checksOf({ what, plan, isJudged }: Load, offered: Offered, granted: number): Check[] {
  const quota = PLANS[plan];
  const { admitted, refused, failed } = offered;
  // Then edges counted by themselves, as they do when Redis takes too long.
  const invalid = admitted > granted ? { void: "Redis was too slow on this machine" } : {};
  const unspent = granted - admitted;
  const counts = `${admitted} admitted, ${refused} refused, ${failed} failed, ${unspent} leased and not spent`;
  return [
    {
      what: `${what}: never more`,
      figure: admitted / quota,
      unit: "",
      bar: { kind: "at most", value: 1 },
      note: counts,
      ...invalid,
    },
    {
      what: `${what}: nor much less`,
      figure: admitted / quota,
      unit: "",
      bar: isJudged ? { kind: "at least", value: EFFICIENCY_BAR } : { kind: "none" },
      note: "",
      ...invalid,
    },
  ];
}

function until(at: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, at - Date.now()));
}
