import { beforeEach, describe, expect, it } from "vitest";
import { EmbeddedCache } from "#edge/cache/embedded.ts";
import { Store } from "#edge/cache/store.ts";
import { contract } from "#shared/contract.ts";

const policy = contract.getProduct.cache;
const text = (body: string, status = 200) => ({
  status,
  headers: { etag: '"1"' },
  body: new TextEncoder().encode(body).buffer as ArrayBuffer,
});

describe("the embedded cache", () => {
  let now: number;
  let cache: EmbeddedCache;
  let loads: number;
  let background: Promise<unknown>[];
  const later = (work: Promise<unknown>) => background.push(work);
  const load = (body: string, status?: number) => () => {
    loads++;
    return Promise.resolve(text(body, status));
  };
  const fail = () => Promise.reject(new Error("the origin is away"));
  const read = (loader = load("new")) => cache.serve("key", policy, loader, later);
  const body = (served: { answer: { body: ArrayBuffer } }) => new TextDecoder().decode(served.answer.body);

  beforeEach(() => {
    now = 1_000_000;
    cache = new EmbeddedCache(1_000_000, () => now);
    loads = 0;
    background = [];
  });

  it("asks once and then serves what it stored, with its age", async () => {
    expect(await read(load("first"))).toMatchObject({ how: "miss", ttl: 300 });
    now += 10_000;
    const served = await read();
    expect(served).toMatchObject({ how: "hit", age: 10, ttl: 290 });
    expect(body(served)).toBe("first");
    expect(loads).toBe(1);
  });

  it("serves stale once while it renews the entry", async () => {
    await read(load("first"));
    now += 301_000;
    const served = await read(load("second"));
    expect([served.how, body(served)]).toEqual(["stale", "first"]);
    await Promise.all(background);
    const renewed = await read();
    expect([renewed.how, body(renewed)]).toEqual(["hit", "second"]);
  });

  it("serves stale when the origin fails, for as long as the contract says", async () => {
    await read(load("first"));
    now += 400_000;
    const served = await read(fail);
    expect([served.how, body(served)]).toEqual(["stale", "first"]);
    now += 86_400_000;
    await expect(read(fail)).rejects.toThrow("away");
  });

  it("does not keep what the rules give no life", async () => {
    expect(await read(load("no", 400))).toMatchObject({ how: "miss", ttl: null });
    await read(load("yes"));
    expect(loads).toBe(2);
  });

  it("asks the origin once for many that come at once", async () => {
    let answer: (value: ReturnType<typeof text>) => void = () => undefined;
    const pending = new Promise<ReturnType<typeof text>>((resolve) => {
      answer = resolve;
    });
    const slow = () => {
      loads++;
      return pending;
    };
    const served = Array.from({ length: 100 }, () => read(slow));
    answer(text("one"));
    const bodies = (await Promise.all(served)).map(body);
    expect(new Set(bodies)).toEqual(new Set(["one"]));
    expect(loads).toBe(1);
  });

  it("lets a follower load for itself when the leader fails", async () => {
    const leader = read(fail);
    const follower = read(load("mine"));
    await expect(leader).rejects.toThrow("away");
    expect(body(await follower)).toBe("mine");
  });
});

describe("the store", () => {
  const entry = (bytes: number) => ({
    answer: { status: 200, headers: {}, body: new ArrayBuffer(bytes) },
    storedAt: 0,
  });

  it("stays within its bytes by dropping what was used least recently", () => {
    const store = new Store(64_000);
    for (let i = 0; i < 16; i++) store.set(`key-${i}`, entry(3_400));
    store.get("key-0");
    store.set("key-16", entry(3_400));
    expect(store.get("key-0")).toBeDefined();
    expect(store.get("key-1")).toBeUndefined();
    expect(store.get("key-16")).toBeDefined();
  });

  it("keeps nothing that is larger than its share", () => {
    const store = new Store(64_000);
    expect(store.set("large", entry(4_001))).toBe(false);
    expect(store.get("large")).toBeUndefined();
  });

  it("forgets the old entry when a new one under its key is too large", () => {
    const store = new Store(64_000);
    store.set("key", entry(10));
    store.set("key", entry(64_000));
    expect(store.get("key")).toBeUndefined();
  });
});
