import { beforeEach, describe, expect, it } from "vitest";
import { type ReadSnapshot, type Snapshot, Snapshots } from "#edge/cache/snapshot.ts";

describe("the snapshot of a tenant", () => {
  let now: number;
  let reads: number;
  let inRedis: Omit<Snapshot, "readAt"> | Error;
  /** What is asked: Redis, or else what isolates share. */
  let read: ReadSnapshot;
  let background: Promise<unknown>[];
  let snapshots: Snapshots;
  const place = (transactionId: number, history = "one") => ({ transactionId, history, at: now });
  const look = async (transactionId: number | null = null, field = "products:list") => {
    const after = transactionId === null ? null : place(transactionId);
    const sight = await snapshots.look("tenant", field, after, (work) => background.push(work));
    if (sight.kind === "behind") return "behind";
    return (sight.kind === "sees" ? sight.versions(field) : "blind") + sight.marks;
  };
  const version = (value: string, watermark = 100, beatAgeMs: number | null = 0) => ({
    versions: () => value,
    watermark,
    history: "one",
    historyBeganAt: 0,
    beatAgeMs,
    revocations: { name: "", length: 0, isComplete: true },
  });

  beforeEach(() => {
    now = 0;
    reads = 0;
    background = [];
    inRedis = version("1");
    read = async () => {
      if (inRedis instanceof Error) throw inRedis;
      return { ...inRedis, readAt: now };
    };
    snapshots = new Snapshots(
      (tenantId, isFresh) => {
        reads++;
        return read(tenantId, isFresh);
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

  it("is renewed by one of all who come meanwhile; the others leave no work behind", async () => {
    await look();
    now = 501;
    const before = background.length;
    const first = look();
    const ofTheFirst = background.length;
    await Promise.all([first, look(), look()]);
    expect(ofTheFirst).toBeGreaterThan(before);
    expect([background.length, reads]).toEqual([ofTheFirst, 2]);
  });

  it("is waited for once it is older than a second", async () => {
    await look();
    inRedis = version("2");
    now = 1_001;
    expect(await look()).toBe("2");
  });

  it("is marked after a write here until the watermark has passed it", async () => {
    await look();
    snapshots.noteWrite("tenant", place(100), null);
    expect(await look()).toBe("1+100.one");
    inRedis = version("2", 101);
    now = 1_001;
    expect(await look()).toBe("2");
  });

  it("has another mark after each write here, also when a lower number is committed later", async () => {
    snapshots.noteWrite("tenant", place(107), null);
    expect(await look()).toBe("1+107.one");
    snapshots.noteWrite("tenant", place(105), null);
    expect(await look()).toBe("1+105.one");
    // Not yet: number 107 is not in sight.
    inRedis = version("2", 106);
    now = 1_001;
    expect(await look()).toBe("2+105.one");
    inRedis = version("3", 108);
    now = 2_002;
    expect(await look()).toBe("3");
  });

  it("is marked for what a write changed, and for nothing else", async () => {
    await look();
    snapshots.noteWrite("tenant", place(100), new Set(["products:list", "products:7"]));
    expect([await look(), await look(null, "products:7")]).toEqual(["1+100.one", "1+100.one"]);
    expect([await look(null, "products:8"), await look(null, "categories:list")]).toEqual(["1", "1"]);
  });

  it("is marked for everything after more writes than it tells apart", async () => {
    await look();
    for (let n = 0; n < 501; n++) snapshots.noteWrite("tenant", place(100 + n), new Set([`products:${n}`]));
    expect(await look(null, "categories:list")).toBe("1+600.one");
  });

  it("leaves other tenants alone when one writes", async () => {
    snapshots.noteWrite("another", place(500), null);
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

  it("shows a writer nothing from before its write while blind", async () => {
    inRedis = new Error("away");
    snapshots.noteWrite("tenant", place(7), null);
    expect(await look()).toBe("blind+7.one");
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

  it("shows while blind which versions Redis has, if it can be asked", async () => {
    const versions = async () => {
      const sight = await snapshots.look("tenant", "products:list", null, (work) => background.push(work));
      return sight.kind === "blind" ? (sight.versions?.("products:list") ?? null) : "sees";
    };
    inRedis = version("born again", 0, null);
    expect(await versions()).toBe("born again");
    inRedis = new Error("away");
    now = 1_001;
    expect(await versions()).toBe(null);
  });

  it("counts the relay's silence on while it is held", async () => {
    inRedis = version("1", 100, 1_100);
    expect(await look()).toBe("1");
    now = 400;
    expect(await look()).toBe("1");
    // The relay beats again, so one more read is all it takes.
    inRedis = version("2", 100, 50);
    now = 401;
    expect(await look()).toBe("2");
    expect(reads).toBe(2);
  });

  it("is blind a second and a half after the relay's last sign of life, and does not ask over and over", async () => {
    inRedis = version("1", 100, 1_100);
    await look();
    inRedis = version("1", 100, 1_501);
    now = 401;
    expect(await look()).toBe("blind");
    now = 450;
    expect(await look()).toBe("blind");
    expect(reads).toBe(2);
  });

  it("is not asked for again while what isolates share would be the same", async () => {
    read = async () => ({ ...version("1"), readAt: 0, sharedUntil: 750 });
    await look();
    now = 749;
    await look();
    expect(reads).toBe(1);
    now = 750;
    await look();
    expect(reads).toBe(2);
  });

  it("comes from Redis itself for whoever has to see a write", async () => {
    const asked: boolean[] = [];
    read = async (_, isFresh) => {
      asked.push(isFresh);
      return { ...version("1", isFresh ? 201 : 101), readAt: now };
    };
    expect(await look(100)).toBe("1");
    expect(await look(200)).toBe("1");
    expect(asked).toEqual([true]);
    now = 1_001;
    await look();
    expect(asked).toEqual([true, false]);
  });

  it("comes from Redis itself when what isolates share is too old", async () => {
    now = 10_000;
    read = async (_, isFresh) =>
      isFresh ? { ...version("2"), readAt: now } : { ...version("1"), readAt: now - 1_001 };
    expect(await look()).toBe("2");
  });

  it("forgets a write of a history that ended before the one it knows began, as after a restore", async () => {
    const other = { history: "two", historyBeganAt: 60_000 };
    snapshots.noteWrite("tenant", place(1_000), null);
    inRedis = { ...version("2", 7), ...other };
    expect(await look()).toBe("2");
    snapshots.noteWrite("tenant", place(7, "two"), null);
    expect(await look()).toBe("2+7.two");
  });

  it("is marked for a write of a history that it does not know yet", async () => {
    now = 60_000;
    snapshots.noteWrite("tenant", place(5, "two"), null);
    expect(await look()).toBe("1+5.two");
  });

  it("is marked when a write was noted while Redis was being read", async () => {
    snapshots.noteWrite("tenant", place(100), null);
    inRedis = version("2", 101);
    const sight = look();
    snapshots.noteWrite("tenant", place(102), null);
    expect(await sight).toBe("2+102.one");
  });
});
