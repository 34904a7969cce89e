import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { ProblemDocument } from "#shared/problems.ts";
import { type FaultyOrigins, startFaultyOrigins } from "#tests/support/faulty-origins.ts";
import type { OriginAnswer, Recorded } from "#tests/support/recording-origin.ts";

const RECOVERY_MS = 5_000;
const BUDGET_MS = 5_000;

let rig: FaultyOrigins;
let authorization: string;

const get = (path = "/v1/me") => fetch(rig.edge.url + path, { headers: { authorization } });
const post = () =>
  fetch(`${rig.edge.url}/v1/products`, {
    method: "POST",
    headers: { authorization, "content-type": "application/json" },
    body: "{}",
  });
async function expectProblem(answer: Response, status: number, code: string): Promise<void> {
  const { headers } = answer;
  expect([answer.status, headers.get("content-type")]).toEqual([status, "application/problem+json"]);
  const document = (await answer.json()) as ProblemDocument;
  expect(document).toMatchObject({ code, requestId: headers.get("x-request-id") });
  expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
}
const timed = async <T>(work: Promise<T>): Promise<[T, number]> => {
  const startedAt = performance.now();
  return [await work, performance.now() - startedAt];
};
/** The origins that the edge has last logged to be anything but well. */
const openOnes = () => {
  const states = new Map(
    rig.lines.filter((line) => line["state"] !== undefined).map((line) => [line["origin"], line["state"]]),
  );
  return [...states].filter(([, state]) => state !== "closed");
};
const changes = () => rig.lines.flatMap((line) => line["state"] ?? []);

describe("an origin that is the only one", () => {
  beforeAll(async () => {
    rig = await startFaultyOrigins(1);
    authorization = `Bearer ${await rig.edge.token()}`;
    await get();
  });
  beforeEach(async () => {
    await rig.mend();
    await vi.waitFor(async () => expect((await get()).status).toBe(200), { timeout: RECOVERY_MS });
    rig.lines.length = 0;
  });
  afterAll(() => rig.stop());

  it("is left alone once it has broken five times, and found again when it is back", async () => {
    const [proxy] = rig.proxies;
    await proxy?.set({ kind: "refuse" });
    proxy?.sever();
    for (let i = 0; i < 8; i++) await expectProblem(await get(), 503, "unavailable");
    expect(changes()).toContain("open");
    await proxy?.set({ kind: "pass" });
    const [, ms] = await timed(
      vi.waitFor(async () => expect((await get()).status).toBe(200), { timeout: RECOVERY_MS, interval: 20 }),
    );
    expect(ms).toBeLessThan(RECOVERY_MS);
    expect(changes().at(-1)).toBe("closed");
  });

  it("lets nobody wait once five have waited in vain, and is found again when it is back", async () => {
    const [proxy] = rig.proxies;
    await proxy?.set({ kind: "blackhole" });
    const waited = await Promise.all(Array.from({ length: 5 }, () => timed(get())));
    for (const [answer, ms] of waited) {
      await expectProblem(answer, 504, "deadline-exceeded");
      expect(ms).toBeLessThan(BUDGET_MS + 1_000);
    }
    const [answer, ms] = await timed(get());
    await expectProblem(answer, 503, "unavailable");
    expect(ms).toBeLessThan(BUDGET_MS / 2);
    await proxy?.set({ kind: "pass" });
    proxy?.sever();
    await vi.waitFor(async () => expect((await get()).status).toBe(200), { timeout: RECOVERY_MS });
  });

  it.each([
    ["refuses one tenant", 403, "insufficient-scope"],
    ["sheds the load of one tenant", 503, "overloaded"],
    ["says itself that a request took too long", 504, "deadline-exceeded"],
    ["fails by itself", 500, "internal"],
  ])("stays in use while it %s", async (_, status, code) => {
    const [origin] = rig.origins;
    if (origin === undefined) return;
    const body = JSON.stringify({ code, status, title: "", requestId: "other" });
    origin.answer = () => ({ status, headers: { "content-type": "application/problem+json" }, body });
    for (let i = 0; i < 10; i++) expect((await post()).status).toBe(status);
    origin.answer = () => ({});
    expect((await get()).status).toBe(200);
    expect(changes()).toEqual([]);
  });

  it("is not taken for dead because clients break off bodies of no stated length", async () => {
    for (let i = 0; i < 6; i++) {
      const aborted = AbortSignal.timeout(30);
      const body = new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(10)) });
      const init = { method: "POST", body, duplex: "half", signal: aborted } as const;
      const headers = { authorization, "content-type": "application/json" };
      await fetch(`${rig.edge.url}/v1/products`, { ...init, headers }).catch(() => undefined);
    }
    expect((await get()).status).toBe(200);
    expect(changes()).toEqual([]);
  });
});

describe("two origins", () => {
  beforeAll(async () => {
    rig = await startFaultyOrigins(2);
    authorization = `Bearer ${await rig.edge.token()}`;
    await get();
  });
  beforeEach(async () => {
    await rig.mend();
    await vi.waitFor(
      async () => {
        expect((await get()).status).toBe(200);
        expect(openOnes()).toEqual([]);
      },
      { timeout: RECOVERY_MS, interval: 50 },
    );
  });
  afterAll(() => rig.stop());

  it("answer as one while one of them refuses connections", async () => {
    await rig.proxies[0]?.set({ kind: "refuse" });
    rig.proxies[0]?.sever();
    const statuses = await Promise.all(Array.from({ length: 20 }, async () => (await get()).status));
    expect(new Set(statuses)).toEqual(new Set([200]));
    // Its breaker is open by now: writes are not sent there, whatever their turn.
    const writes = Array.from({ length: 6 }, async () => (await post()).status);
    expect(new Set(await Promise.all(writes))).toEqual(new Set([502]));
  });

  /** As an origin does whose database is silent: what needs it not is answered, all else when its time is over. */
  const hangAtLists = async ({ url, assertion }: Recorded): Promise<OriginAnswer> => {
    if (!url.startsWith("/v1/categories")) return {};
    await new Promise((resolve) => setTimeout(resolve, assertion?.budgetMs ?? 0));
    const body = JSON.stringify({ code: "deadline-exceeded", status: 504, title: "", requestId: "other" });
    return { status: 504, headers: { "content-type": "application/problem+json", "retry-after": "1" }, body };
  };

  it("stay in use while they say within half of a budget each that their database is silent", async () => {
    for (const origin of rig.origins) origin.answer = hangAtLists;
    const lists = Array.from({ length: 6 }, (_, i) => get(`/v1/categories?pageSize=${10 + i}`));
    for (const answer of await Promise.all(lists)) await expectProblem(answer, 504, "deadline-exceeded");
    expect(openOnes()).toEqual([]);
    expect((await get()).status).toBe(200);
  });

  it("answer within the budget while one of them says that it was too slow", async () => {
    await Promise.all(Array.from({ length: 40 }, () => get()));
    const [slow, quick] = rig.origins;
    if (slow === undefined || quick === undefined) return;
    slow.answer = hangAtLists;
    quick.answer = () => ({ body: JSON.stringify({ data: [] }) });
    const lists = Array.from({ length: 4 }, (_, i) => get(`/v1/categories?pageSize=${20 + i}`));
    for (const answer of await Promise.all(lists)) expect(answer.status).toBe(200);
  });

  it("answer within the budget while one of them says nothing", async () => {
    // The retries that this takes have to be earned, ten requests for each.
    await Promise.all(Array.from({ length: 40 }, () => get()));
    await rig.proxies[1]?.set({ kind: "blackhole" });
    const answers = await Promise.all(Array.from({ length: 4 }, () => timed(get())));
    for (const [answer, ms] of answers) {
      expect(answer.status).toBe(200);
      expect(ms).toBeLessThan(BUDGET_MS);
    }
  });
});
