import { beforeEach, describe, expect, it } from "vitest";
import { type Snapshot, Snapshots } from "#edge/cache/snapshot.ts";

describe("the snapshot of a tenant", () => {
  let now: number;
  let reads: number;
  let inRedis: Snapshot | Error;
  let background: Promise<unknown>[];
  let snapshots: Snapshots;
  const look = async (after = 0) => {
    const sight = await snapshots.look("tenant", after, (work) => background.push(work));
    return sight.kind === "sees" ? sight.versions("products:list") : sight.kind;
  };
  const version = (value: string, watermark = 100, beatAgeMs: number | null = 0): Snapshot => ({
    versions: () => value,
    watermark,
    beatAgeMs,
  });

  beforeEach(() => {
    now = 0;
    reads = 0;
    background = [];
    inRedis = version("1");
    snapshots = new Snapshots(
      () => {
        reads++;
        return inRedis instanceof Error ? Promise.reject(inRedis) : Promise.resolve(inRedis);
      },
      () => now,
    );
  });

  it("is read once and relied on for half a second", async () => {
    expect(await look()).toBe("1");
    now = 500;
    await look();
    expect(reads).toBe(1);
  });

  it("is renewed in the background after half a second", async () => {
    await look();
    inRedis = version("2");
    now = 501;
    expect(await look()).toBe("1");
    await Promise.all(background);
    expect(await look()).toBe("2");
  });

  it("is waited for once it is older than a second", async () => {
    await look();
    inRedis = version("2");
    now = 1_001;
    expect(await look()).toBe("2");
  });

  it("is behind after a write here until the watermark has passed it", async () => {
    await look();
    snapshots.noteWrite("tenant", 100);
    expect(await look()).toBe("behind");
    inRedis = version("2", 101);
    expect(await look()).toBe("2");
  });

  it("leaves other tenants alone when one writes", async () => {
    snapshots.noteWrite("another", 500);
    expect(await look()).toBe("1");
  });

  it("is blind while Redis is away, asks again after a second, and sees again", async () => {
    inRedis = new Error("away");
    expect(await look()).toBe("blind");
    await look();
    expect(reads).toBe(1);
    inRedis = version("3");
    now = 1_000;
    expect(await look()).toBe("3");
  });

  it("does not let a writer read from the cache while blind", async () => {
    inRedis = new Error("away");
    snapshots.noteWrite("tenant", 7);
    expect(await look()).toBe("behind");
  });

  it("is behind for whoever has to see a write above the watermark, and for nobody else", async () => {
    expect(await look(99)).toBe("1");
    expect(await look(100)).toBe("behind");
    expect(await look()).toBe("1");
  });

  it("is read again at once for whoever has to see more", async () => {
    await look();
    inRedis = version("2", 101);
    expect(await look(100)).toBe("2");
  });

  it("is blind when no relay has shown a sign of life for a second and a half", async () => {
    inRedis = version("1", 100, 1_500);
    expect(await look()).toBe("1");
    inRedis = version("1", 100, 1_501);
    now = 1_001;
    expect(await look()).toBe("blind");
    inRedis = version("1", 100, null);
    now = 2_002;
    expect(await look()).toBe("blind");
  });

  it("is behind when a write was noted while Redis was being read", async () => {
    snapshots.noteWrite("tenant", 100);
    inRedis = version("2", 101);
    const sight = look();
    snapshots.noteWrite("tenant", 102);
    expect(await sight).toBe("behind");
    expect(await look()).toBe("behind");
  });
});
