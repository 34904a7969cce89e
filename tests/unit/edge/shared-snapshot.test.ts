import { beforeEach, describe, expect, it } from "vitest";
import type { SnapshotData } from "#edge/cache/read-snapshot.ts";
import { answerSnapshot, sharedSnapshots } from "#edge/cache/shared-snapshot.ts";
import { Snapshots } from "#edge/cache/snapshot.ts";
import { fingerprint } from "#edge/fingerprint.ts";
import { cacheRequestOf, loadBy, responseOf } from "#edge/http-cache/adapt.ts";
import { HttpCache } from "#edge/http-cache/cache.ts";

/** Isolates that share their reads; the embedded cache stands where Workers Cache will. */
describe("reads of snapshots that isolates share", () => {
  const TENANTS = ["a", "b"];
  let now: number;
  let reads: number;
  let away: boolean;
  let answer: (tenantId: string) => Promise<Response>;
  let cache: HttpCache;

  const inRedis = (tenantId: string): SnapshotData => ({
    readAt: now,
    watermark: now,
    beatAgeMs: 0,
    fields: { birth: `db 1-era ${tenantId}`, "products:list": String(now) },
    revocations: { name: "", length: 0, isComplete: true },
  });
  const readRedis = async (tenantId: string) => {
    reads++;
    if (away) throw new Error("away");
    return inRedis(tenantId);
  };
  const isolate = () => {
    const entrypoint = ({ tenantId }: { tenantId: string }) => ({
      async fetch(request: Request) {
        const load = loadBy(request, () => answer(tenantId));
        const asked = cacheRequestOf(request, { partition: tenantId });
        return responseOf(await cache.answer(asked, load, () => undefined));
      },
    });
    return new Snapshots(
      sharedSnapshots(entrypoint, readRedis, () => now),
      () => now,
    );
  };

  beforeEach(() => {
    now = 750_000_000;
    reads = 0;
    away = false;
    answer = (tenantId) => answerSnapshot({ tenantId }, readRedis);
    cache = new HttpCache({ maxBytes: 1_000_000, now: () => now });
  });

  it("ask Redis little more than once a second for a tenant, and show nothing older than a second", async () => {
    const isolates = Array.from({ length: 20 }, isolate);
    const SECONDS = 30;
    let oldestMs = 0;
    for (const end = now + SECONDS * 1_000; now < end; now += 10) {
      const background: Promise<unknown>[] = [];
      for (const tenantId of TENANTS) {
        const turn = isolates[(now / 10) % isolates.length];
        const sight = await turn?.look(tenantId, null, null, (work) => background.push(work));
        if (sight?.kind !== "sees") throw new Error(`the isolate is ${sight?.kind}`);
        const [birth, madeAt] = sight.versions("products:list").split(".");
        expect(birth).toBe(tenantId);
        oldestMs = Math.max(oldestMs, now - Number(madeAt));
      }
      await Promise.all(background);
    }
    expect(reads).toBe((TENANTS.length * SECONDS * 1_000) / 750);
    expect(oldestMs).toBeLessThanOrEqual(1_000);
  });

  it("are passed by whoever has to see a write", async () => {
    const [one, other] = [isolate(), isolate()];
    await one.look("a", null, null, () => undefined);
    now += 100;
    const sight = await other.look(
      "a",
      null,
      { transactionId: now - 50, history: fingerprint("db"), at: now },
      () => undefined,
    );
    expect(sight.kind).toBe("sees");
    expect(reads).toBe(2);
  });

  it("leave every isolate blind while Redis is away, and nothing of it is kept", async () => {
    away = true;
    expect((await isolate().look("a", null, null, () => undefined)).kind).toBe("blind");
    away = false;
    expect((await isolate().look("a", null, null, () => undefined)).kind).toBe("sees");
  });

  it("are not trusted when another version of the code wrote them otherwise", async () => {
    answer = async () => Response.json({ readAt: now }, { headers: { "cache-control": "max-age=1" } });
    expect((await isolate().look("a", null, null, () => undefined)).kind).toBe("sees");
    expect(reads).toBe(1);
  });

  it("are no younger than the question, whatever the reader's clock says", async () => {
    answer = async () => Response.json({ ...inRedis("a"), readAt: now + 60_000 });
    const patient = isolate();
    await patient.look("a", null, null, () => undefined);
    answer = (tenantId) => answerSnapshot({ tenantId }, readRedis);
    now += 1_001;
    await patient.look("a", null, null, () => undefined);
    expect(reads).toBe(1);
  });
});
