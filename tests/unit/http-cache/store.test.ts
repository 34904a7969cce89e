import { describe, expect, test } from "vitest";
import { controlOf } from "#edge/http-cache/control.ts";
import type { Entry } from "#edge/http-cache/entry.ts";
import { keyOf, makeEntry } from "#edge/http-cache/make-entry.ts";
import { proxy } from "#edge/http-cache/profile.ts";
import { type Matcher, matcherOf, type PurgeOptions } from "#edge/http-cache/purge.ts";
import { Store } from "#edge/http-cache/store.ts";
import { tagsOf } from "#edge/http-cache/tags.ts";
import { variantOf, varyNames } from "#edge/http-cache/vary.ts";
import { bytes, type Headers, httpDate, NOW, received, request } from "./build.ts";

function stored(key: string, headers: Headers = {}, asked: Headers = {}, text = "body", status = 200): Entry {
  const answered = received({ "cache-control": "max-age=60", ...headers }, status);
  const control = controlOf(answered.fields, proxy, null, NOW);
  const about = request(asked, { key, path: key });
  return makeEntry(about, { ...answered, reason: "OK" }, control, bytes(text), proxy);
}

const none = request();
const key = (path: string) => keyOf({ partition: "", key: path });

describe("the store", () => {
  test("counts what it holds and makes room by what was used longest ago", () => {
    const [a, b, c] = ["/a", "/b", "/c"].map((path) => stored(path)) as [Entry, Entry, Entry];
    const store = new Store(a.bytes + b.bytes, 10_000, true);
    store.put(a);
    store.put(b);
    expect(store.find(key("/a"), none)).toBe(a);
    store.put(c);
    expect(store.find(key("/b"), none)).toBeNull();
    expect(store.find(key("/a"), none)).toBe(a);
    expect(store.find(key("/c"), none)).toBe(c);
    expect(store.bytes).toBe(a.bytes + c.bytes);
    expect(store.size).toBe(2);
  });

  test("stores nothing larger than its share", () => {
    const entry = stored("/a", {}, {}, "x".repeat(1_000));
    const store = new Store(100_000, entry.bytes - 1, true);
    expect(store.put(entry)).toBe(false);
    expect(store.bytes).toBe(0);
    expect(store.hasKey(key("/a"))).toBe(false);
  });

  test("lets made-up addresses take a twentieth, so that they crowd out nothing that is there", () => {
    const missing = (i: number) => stored(`/missing/${1_000 + i}`, {}, {}, "", 404);
    const there = Array.from({ length: 10 }, (_, i) => stored(`/there/${i}`));
    const store = new Store(missing(0).bytes * 100, 10_000, true);
    for (const entry of there) store.put(entry);
    const kept = missing(0);
    store.put(kept);
    for (let i = 1; i <= 300; i++) {
      store.put(missing(i));
      store.find(kept.key, none);
    }
    for (const entry of there) expect(store.find(entry.key, none)).toBe(entry);
    // The five that were used last.
    expect(store.size).toBe(there.length + 5);
    expect(store.find(kept.key, none)).toBe(kept);
    store.removeKey(kept.key);
    store.put(missing(301));
    expect(store.size).toBe(there.length + 5);
  });

  test("replaces a response, but not by an older one (§4)", () => {
    const store = new Store(100_000, 10_000, true);
    const newer = stored("/a");
    const older = stored("/a", { date: httpDate(-30) });
    store.put(older);
    store.put(newer);
    expect(store.put(older)).toBe(false);
    expect(store.find(key("/a"), none)).toBe(newer);
    expect(store.bytes).toBe(newer.bytes);
  });

  test("counts nothing twice and keeps nothing of what was removed", () => {
    const store = new Store(100_000, 10_000, true);
    const entry = stored("/a", { vary: "foo" }, { foo: "1" });
    store.put(entry);
    store.put(entry);
    expect(store.size).toBe(1);
    store.remove(entry);
    store.remove(entry);
    expect([store.bytes, store.size, store.hasKey(key("/a"))]).toEqual([0, 0, false]);
  });

  test("keeps what is used again after another came: it is no longer the last then", () => {
    const [a, b, c] = ["/a", "/b", "/c"].map((path) => stored(path)) as [Entry, Entry, Entry];
    const store = new Store(a.bytes + b.bytes, 10_000, true);
    store.put(a);
    store.find(key("/a"), none);
    store.put(b);
    store.find(key("/a"), none);
    store.put(c);
    expect(store.find(key("/a"), none)).toBe(a);
    expect(store.find(key("/b"), none)).toBeNull();
  });

  test("counts close to nothing less than what an entry takes", () => {
    const entry = stored("/a", {}, {}, "x".repeat(5_000));
    expect(entry.bytes).toBeGreaterThan(5_500);
    expect(entry.bytes).toBeLessThan(7_000);
  });

  test("counts every byte of an entry's body, text and tags", () => {
    const bare = stored("/a").bytes;
    expect(stored("/a", {}, {}, "body+").bytes).toBe(bare + 1);
    // In the key and in the path.
    expect(stored("/ab").bytes).toBe(bare + 2);
    const withField = stored("/a", { "content-language": "de" }).bytes;
    expect(withField).toBeGreaterThan(bare + "content-language".length + "de".length);
    expect(stored("/a", { "content-language": "de-CH" }).bytes).toBe(withField + 3);
  });
});

describe("Vary (RFC 9111 §4.1)", () => {
  test("keeps a response for each combination of the headers it names", () => {
    const store = new Store(100_000, 10_000, true);
    const one = stored("/a", { vary: "Foo" }, { foo: "1" });
    const two = stored("/a", { vary: "Foo" }, { foo: "2" });
    const absent = stored("/a", { vary: "Foo" });
    for (const entry of [one, two, absent]) store.put(entry);
    expect(store.find(key("/a"), request({ foo: "1", bar: "x" }))).toBe(one);
    expect(store.find(key("/a"), request({ foo: "2" }))).toBe(two);
    expect(store.find(key("/a"), none)).toBe(absent);
    expect(store.find(key("/a"), request({ foo: "" }))).toBeNull();
    store.removeKey(key("/a"));
    expect(store.size).toBe(0);
  });

  test("prefers the newest of those that match by different headers", () => {
    const store = new Store(100_000, 10_000, true);
    const byFoo = stored("/a", { vary: "foo", date: httpDate(-20) }, { foo: "1" });
    const byBar = stored("/a", { vary: "bar", date: httpDate(-10) }, { bar: "1" });
    store.put(byBar);
    store.put(byFoo);
    expect(store.find(key("/a"), request({ foo: "1", bar: "1" }))).toBe(byBar);
    expect(store.find(key("/a"), request({ foo: "1", bar: "2" }))).toBe(byFoo);
  });

  test("lets no header make a key hold more than a hundred responses", () => {
    const store = new Store(10_000_000, 10_000, true);
    for (let i = 0; i < 300; i++) store.put(stored("/a", { vary: "foo" }, { foo: String(i) }));
    expect(store.size).toBe(100);
    expect(store.find(key("/a"), request({ foo: "299" }))).not.toBeNull();
  });

  test("keeps apart what frameworks may take for another request", () => {
    const store = new Store(100_000, 10_000, true);
    store.put(stored("/a"));
    expect(store.find(key("/a"), request({}, { guard: "x-host:evil\n" }))).toBeNull();
  });

  const variant = (name: string, value: string, normalises = true) =>
    variantOf([name], request({ [name]: value }), normalises);

  test.each([
    ["foo", "1,2", " 1, 2 "],
    ["accept-language", "en, de", "de,EN"],
    ["accept-encoding", "gzip, br;q=0.5", "br; q=0.5,gzip"],
  ])("takes equal meanings of %s for equal: %s and %s", (name, one, other) => {
    expect(variant(name, one)).toBe(variant(name, other));
    expect(variant(name, one, false)).not.toBe(variant(name, other, false));
  });

  test.each([
    ["foo", "1, 2", "2, 1"],
    ["foo", "a", "A"],
    ["foo", '"a, b"', '"a,b"'],
    ["accept", "text/html;q=1", "text/html;q=0.5"],
  ])("takes other meanings of %s for others: %s and %s", (name, one, other) => {
    expect(variant(name, one)).not.toBe(variant(name, other));
  });

  test("cannot be satisfied when it names everything", () => {
    for (const vary of ["*", "*, *", ", *", "foo, *", "*, foo"]) expect(varyNames(vary)).toBeNull();
    expect(varyNames("Foo, bar,,foo")).toEqual(["bar", "foo"]);
    expect(varyNames(null)).toEqual([]);
  });
});

describe("a partition", () => {
  test.each([
    [
      { partition: "a", key: "/b" },
      { partition: "b", key: "/b" },
    ],
    [
      { partition: "a", key: "b/c" },
      { partition: "ab", key: "/c" },
    ],
    [
      { partition: "1:a", key: "/" },
      { partition: "1", key: ":a/" },
    ],
    [
      { partition: "", key: "1:a/" },
      { partition: "a", key: "/" },
    ],
  ])("never runs into another: %o and %o", (one, other) => {
    expect(keyOf(one)).not.toBe(keyOf(other));
  });
});

describe("a purge", () => {
  const matches = (options: PurgeOptions, path: string, tags: readonly string[] = []) => {
    const matcher = matcherOf(options);
    if (typeof matcher !== "function") throw new Error(matcher.errors[0]?.message);
    return (matcher satisfies Matcher)({ path, tags, key: path });
  };

  test("names responses by tag, path prefix, either or all", () => {
    expect(matches({ tags: ["Foo"] }, "/a", ["foo"])).toBe(true);
    expect(matches({ tags: ["foo"] }, "/a", ["foobar"])).toBe(false);
    expect(matches({ pathPrefixes: ["/p/1"] }, "/p/10?x")).toBe(true);
    expect(matches({ pathPrefixes: ["p/1"] }, "/p/1")).toBe(true);
    expect(matches({ pathPrefixes: ["/p/1"] }, "/q/p/1")).toBe(false);
    expect(matches({ tags: ["foo"], pathPrefixes: ["/b"] }, "/b")).toBe(true);
    expect(matches({ purgeEverything: true }, "/b")).toBe(true);
  });

  test.each<[string, PurgeOptions]>([
    ["nothing", {}],
    ["everything and more", { purgeEverything: true, tags: ["a"] }],
    ["a URL", { pathPrefixes: ["https://example.com/a"] }],
    ["a query", { pathPrefixes: ["/a?b"] }],
    ["more than a hundred", { tags: Array.from({ length: 101 }, String) }],
  ])("is refused that names %s", (_, options) => {
    expect(matcherOf(options)).toMatchObject({ success: false, errors: [{ message: expect.any(String) }] });
  });

  test("reads tags without regard to case, and drops invalid ones", () => {
    expect(tagsOf("Foo, bar baz,foo, é ,b,")).toEqual(["foo", "b"]);
    expect(tagsOf("x".repeat(1_025))).toEqual([]);
    expect(tagsOf(Array.from({ length: 1_200 }, (_, i) => `t${i}`).join())).toHaveLength(1_000);
    expect(tagsOf(null)).toEqual([]);
  });
});
