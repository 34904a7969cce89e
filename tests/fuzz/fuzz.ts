import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { contract as gatehouse } from "#shared/contract.ts";
import type { Contract, Route } from "#shared/route.ts";
import { faultOf, headFault, isAccepted } from "./judge.ts";
import { requestsOf } from "./requests.ts";
import { type FuzzRig, startFuzzRig, type Target } from "./rig.ts";
import { type FuzzRequest, send } from "./wire.ts";

export type FuzzOptions = {
  /** Of all routes together. */
  readonly requests: number;
  readonly seed: number;
  /** How many are under way at once. */
  readonly lanes: number;
};

const contract: Contract = gatehouse;

/** What a busy machine may take; a hang of one request fails long before. */
function timeoutMs(requests: number): number {
  return 100_000 + requests * 50;
}

/** Strange and wrong requests of every route, from the contract; a failure prints the smallest as curl. */
export function itWithstands({ requests, seed, lanes }: FuzzOptions): void {
  let rig: FuzzRig;
  beforeAll(async () => {
    rig = await startFuzzRig();
  });
  afterAll(() => rig.stop());

  it(
    `withstands ${requests} requests made from the contract (seed ${seed})`,
    async () => {
      const routes = Object.entries(contract).sort(destructiveLast);
      const runs = Math.ceil(requests / routes.length);
      const accepted = new Map<string, number>();
      const failures: string[] = [];
      const left = routes.entries();
      await Promise.all(
        Array.from({ length: lanes }, async () => {
          const target = await rig.newTarget();
          for (const [turn, [id, route]] of left) {
            const run = { numRuns: runs, seed: seed + turn };
            const { count, failure } = await withstand(rig, route, target, run);
            accepted.set(id, count);
            if (failure !== null) failures.push(`${id}: ${failure}`);
          }
        }),
      );
      // All routes' at once: one report says what there is to mend.
      expect(failures.join("\n\n")).toBe("");
      // A generator of which routes take nothing would only ever try their front doors.
      const untried = [...accepted].filter(([, count]) => count === 0).map(([id]) => id);
      if (runs >= ENOUGH_RUNS) expect(untried.length, untried.join(", ")).toBeLessThan(routes.length / 5);
      expect(rig.takeErrors()).toEqual([]);
    },
    timeoutMs(requests),
  );
}

/** So that what the others are about is still there. */
function destructiveLast(one: readonly [string, Route], other: readonly [string, Route]): number {
  return Number(one[1].method === "DELETE") - Number(other[1].method === "DELETE");
}

/** Of a route, so that luck is no excuse; a few take only what they have given out before. */
const ENOUGH_RUNS = 100;

async function withstand(
  rig: FuzzRig,
  route: Route,
  { samples, tokens }: Target,
  run: { readonly numRuns: number; readonly seed: number },
): Promise<{ readonly count: number; readonly failure: string | null }> {
  let count = 0;
  const ask = (request: FuzzRequest) => send(rig.url, request, tokens);
  const details = await fc.check(
    fc.asyncProperty(requestsOf(route, samples), async (request) => {
      const answer = await ask(request);
      const fault = faultOf(route, contract, request, answer);
      if (fault !== null) throw new Error(`${fault}\nlogged: ${rig.takeErrors().join("\n")}`);
      if (isAccepted(route, answer)) count++;
      if (request.method !== "GET" || answer.status !== 200) return;
      const differs = headFault(answer, await ask({ ...request, method: "HEAD" }));
      if (differs !== null) throw new Error(differs);
    }),
    run,
  );
  return { count, failure: failureOf(details) };
}

function failureOf(details: fc.RunDetails<[FuzzRequest]>): string | null {
  if (!details.failed) return null;
  const { errorInstance, counterexample, counterexamplePath: path, seed } = details;
  return `${String(errorInstance)}\n(seed ${seed}, path ${path})${fc.stringify(counterexample?.[0])}`;
}
