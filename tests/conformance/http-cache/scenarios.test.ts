import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { OWN_PATH, SCENARIO_HEADER, type Scenario, type Step } from "./scenario.ts";
import { deploy, startLocally, type Target } from "./scenario-target.ts";
import { scenarios } from "./scenarios.ts";

/**
 * One list of scenarios for the embedded cache and for Cloudflare's: what is tested here is what is
 * deployed. The second needs an account.
 */

const hasAccount = Boolean(process.env["CLOUDFLARE_API_TOKEN"] && process.env["CLOUDFLARE_ACCOUNT_ID"]);

describe("the embedded cache, as Workers Cache is documented", () => {
  play(startLocally);
});

describe.skipIf(!hasAccount)(
  "Workers Cache, deployed (needs CLOUDFLARE_API_TOKEN, CLOUDFLARE_ACCOUNT_ID)",
  () => {
    play(deploy);
  },
);

function play(start: () => Promise<Target>): void {
  let target: Target | null = null;
  beforeAll(async () => {
    target = await start();
  });
  afterAll(() => target?.stop());
  test.concurrent.each(scenarios.map((scenario) => [scenario.name, scenario] as const))(
    "%s",
    async (_, scenario) => {
      await playOne(target?.url ?? "", scenario);
    },
  );
}

async function playOne(url: string, { tell, steps }: Scenario): Promise<void> {
  const own = `/${randomUUID()}`;
  const base = url + own;
  const made: (string | null)[] = [];
  for (const [number, step] of steps.entries()) {
    if (step.afterMs !== undefined) await pause(step.afterMs);
    const instruction = JSON.stringify(step.tell ?? tell ?? {}).replaceAll(OWN_PATH, own);
    const response = await fetch(base + (step.path ?? ""), {
      method: step.method ?? "GET",
      redirect: "manual",
      // Node's fetch would add `Cache-Control: no-cache` to a condition of its caller's own.
      headers: { "cache-control": "x-none", ...step.headers, [SCENARIO_HEADER]: instruction },
    });
    const body = await response.text();
    check(`step ${number}`, step, response, body, made);
    made.push(response.headers.get("x-made"));
  }
}

function check(
  where: string,
  step: Step,
  { status, headers }: Response,
  body: string,
  made: readonly (string | null)[],
): void {
  if (step.word !== undefined) expect(headers.get("cf-cache-status"), where).toBe(step.word);
  if (step.status !== undefined) expect(status, where).toBe(step.status);
  if (step.body !== undefined) expect(body, where).toBe(step.body);
  if (step.sameAs === -1) expect(made, where).not.toContain(headers.get("x-made"));
  else if (step.sameAs !== undefined) expect(headers.get("x-made"), where).toBe(made[step.sameAs]);
  for (const name of step.without ?? []) expect(headers.has(name), `${where}: ${name}`).toBe(false);
  expect(Object.fromEntries(headers), where).toMatchObject(step.has ?? {});
}
