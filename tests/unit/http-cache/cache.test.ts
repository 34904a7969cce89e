import { describe, expect, test } from "vitest";
import { proxy, workers } from "#edge/http-cache/profile.ts";
import { bench, header, httpDate, request, script, textOf } from "./build.ts";

const fresh = (text: string, more = {}) => ({
  headers: { "cache-control": "max-age=60", ...more },
  body: text,
});

describe("a cache", () => {
  test("answers from the store what is fresh, with its age and how it came by it", async () => {
    const { ask, pass } = bench();
    const origin = script(fresh("one"), fresh("two"));
    const miss = await ask(origin.load);
    expect(header(miss, "cf-cache-status")).toBe("MISS");
    expect(header(miss, "cache-status")).toBe("gatehouse; fwd=uri-miss; fwd-status=200; ttl=60; stored");
    expect(header(miss, "age")).toBeNull();
    pass(20);
    const hit = await ask(origin.load);
    expect(await textOf(hit.body)).toBe("one");
    expect(header(hit, "cf-cache-status")).toBe("HIT");
    expect(header(hit, "cache-status")).toBe("gatehouse; hit; ttl=40");
    expect(header(hit, "age")).toBe("20");
    expect(header(hit, "date")).toBe(httpDate(0));
    expect(origin.asked).toHaveLength(1);
  });

  test("adds itself after the caches before it (RFC 9211 §2)", async () => {
    const { ask } = bench();
    const reply = await ask(script(fresh("one", { "cache-status": "inner; hit" })).load);
    expect(header(reply, "cache-status")).toMatch(/^inner; hit, gatehouse; fwd=uri-miss/);
  });

  test("keeps partitions and keys apart", async () => {
    const { ask } = bench();
    const origin = script(fresh("one"), fresh("two"), fresh("three"));
    const texts = [];
    for (const asked of [
      request({}, { partition: "a" }),
      request({}, { partition: "b" }),
      request({}, { partition: "a", key: "/b" }),
      request({}, { partition: "b" }),
    ]) {
      texts.push(await textOf((await ask(origin.load, asked)).body));
    }
    expect(texts).toEqual(["one", "two", "three", "two"]);
  });

  test("neither stores nor sends on what the cache consumes and what ends with the connection", async () => {
    const { ask } = bench(workers);
    const origin = script(
      fresh("one", {
        "cache-tag": "a",
        "cloudflare-cdn-cache-control": "max-age=60",
        "cdn-cache-control": "max-age=5",
        connection: "x-hop",
        "x-hop": "1",
        "keep-alive": "timeout=5",
        "cf-cache-status": "DYNAMIC",
      }),
    );
    const [miss, hit] = [await ask(origin.load), await ask(origin.load)];
    for (const reply of [miss, hit]) {
      for (const name of ["cache-tag", "cloudflare-cdn-cache-control", "connection", "x-hop", "keep-alive"]) {
        expect(header(reply, name)).toBeNull();
      }
      expect(header(reply, "cdn-cache-control")).toBe("max-age=5");
    }
    expect(header(hit, "cf-cache-status")).toBe("HIT");
  });

  test("gives fields that others must not get to the one who asked only (§5.2.2.7)", async () => {
    const { ask } = bench(workers);
    const control = 'max-age=60, private="set-cookie"';
    const origin = script({ headers: { "cache-control": control, "set-cookie": "a=b" } });
    expect(header(await ask(origin.load), "set-cookie")).toBe("a=b");
    const hit = await ask(origin.load);
    expect(header(hit, "cf-cache-status")).toBe("HIT");
    expect(header(hit, "set-cookie")).toBeNull();
  });

  test("gives such fields of a 304 to the one who asked, too", async () => {
    const { ask, pass } = bench();
    const control = 'max-age=60, no-cache="set-cookie"';
    const headers = { "cache-control": control, etag: '"a"', "set-cookie": "a=1" };
    const origin = script({ headers }, { status: 304, headers: { "set-cookie": "a=2" }, body: null });
    await ask(origin.load);
    pass(61);
    expect(header(await ask(origin.load), "set-cookie")).toBe("a=2");
    expect(header(await ask(origin.load), "set-cookie")).toBeNull();
  });

  test("passes on what is too large to keep, whole and as a stream", async () => {
    const { ask, cache } = bench(proxy, { maxEntryBytes: 2_000 });
    const chunk = new Uint8Array(1_500).fill(97);
    const body = () =>
      new ReadableStream<Uint8Array>({
        start(controller) {
          for (let i = 0; i < 4; i++) controller.enqueue(chunk.slice());
          controller.close();
        },
      });
    for (const step of [{ ...fresh(""), body: body() }, fresh("x".repeat(6_000))]) {
      const reply = await ask(script(step).load);
      expect((await textOf(reply.body)).length).toBe(6_000);
      expect(header(reply, "cf-cache-status")).toBe("MISS");
      expect(cache.size).toBe(0);
    }
  });

  test("reads no more of a body than it may keep before it passes it on", async () => {
    const { ask } = bench(proxy, { maxEntryBytes: 2_000 });
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(new Uint8Array(1_500));
      },
    });
    const reply = await ask(script({ ...fresh(""), body: endless }).load);
    if (!(reply.body instanceof ReadableStream)) throw new Error("the body is not passed on");
    const reader = reply.body.getReader();
    expect((await reader.read()).value).toHaveLength(1_500);
    await reader.cancel();
  });

  test("stores nothing whose body breaks off (§3.3)", async () => {
    const { ask, cache } = bench();
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.error(new Error("broken off"));
      },
    });
    await expect(ask(script({ ...fresh(""), body }).load)).rejects.toThrow("broken off");
    expect(cache.size).toBe(0);
  });
});

describe("validation", () => {
  const validatable = { "cache-control": "max-age=60", etag: '"a"', "last-modified": httpDate(-100) };

  test("asks with the stored validators and serves what the 304 confirms, under its fields (§4.3)", async () => {
    const { ask, pass } = bench();
    const origin = script(
      { headers: { ...validatable, "x-kept": "1", "x-new": "1" }, body: "one" },
      { status: 304, headers: { "cache-control": "max-age=100", "x-new": "2" }, body: null },
    );
    await ask(origin.load);
    pass(61);
    const reply = await ask(origin.load, request({ "if-none-match": '"other"', range: "bytes=0-0" }));
    expect(origin.asked[1]?.set).toEqual([
      ["if-none-match", '"a"'],
      ["if-modified-since", httpDate(-100)],
    ]);
    expect(origin.asked[1]?.drop).toContain("range");
    expect(reply.status).toBe(206);
    expect(header(reply, "cf-cache-status")).toBe("REVALIDATED");
    expect([header(reply, "x-kept"), header(reply, "x-new")]).toEqual(["1", "2"]);
    pass(99);
    const hit = await ask(origin.load);
    expect(await textOf(hit.body)).toBe("one");
    expect(header(hit, "age")).toBe("99");
    expect(header(hit, "x-new")).toBe("2");
  });

  test("counts the age from a 304 that has no date as from now", async () => {
    const { ask, pass } = bench();
    const origin = script(
      { headers: { ...validatable, date: httpDate(0) } },
      { status: 304, headers: {}, body: null },
    );
    await ask(origin.load);
    pass(61);
    const reply = await ask(origin.load);
    expect([header(reply, "age"), header(reply, "date")]).toEqual(["0", httpDate(61)]);
    expect(header(await ask(origin.load), "cf-cache-status")).toBe("HIT");
  });

  test("sends the whole to a client whose part is of something else (RFC 9110 §13.1.5)", async () => {
    const { ask } = bench();
    const origin = script({ headers: validatable, body: "one" });
    await ask(origin.load);
    const range = { range: "bytes=1-" };
    expect((await ask(origin.load, request({ ...range, "if-range": '"a"' }))).status).toBe(206);
    expect((await ask(origin.load, request({ ...range, "if-range": '"b"' }))).status).toBe(200);
  });

  test("replaces what the origin has changed", async () => {
    const { ask, pass } = bench();
    const origin = script({ headers: validatable, body: "one" }, fresh("two"));
    await ask(origin.load);
    pass(61);
    const reply = await ask(origin.load);
    expect(await textOf(reply.body)).toBe("two");
    expect(header(reply, "cf-cache-status")).toBe("EXPIRED");
    expect(header(reply, "cache-status")).toContain("fwd=stale");
    expect(await textOf((await ask(origin.load)).body)).toBe("two");
  });

  test("keeps a targeted field that the 304 does not repeat", async () => {
    const { ask, pass } = bench(workers);
    const headers = {
      ...validatable,
      "cache-control": "max-age=0",
      "cloudflare-cdn-cache-control": "max-age=60",
    };
    const origin = script({ headers }, { status: 304, headers: {}, body: null });
    await ask(origin.load);
    pass(61);
    expect(header(await ask(origin.load), "cf-cache-status")).toBe("REVALIDATED");
    expect(header(await ask(origin.load), "cf-cache-status")).toBe("HIT");
  });

  test("asks again without condition when the 304 is about something else (§4.3.4)", async () => {
    const { ask, pass } = bench();
    const origin = script(
      { headers: validatable, body: "one" },
      { status: 304, headers: { etag: '"b"' }, body: null },
      fresh("two"),
    );
    await ask(origin.load);
    pass(61);
    expect(await textOf((await ask(origin.load)).body)).toBe("two");
    expect(origin.asked[2]?.set).toEqual([]);
  });

  test("never brings a stored 404 back to life: a page that is there again would be 304 by its own date", async () => {
    const { ask, pass } = bench();
    const gone = { headers: { ...validatable, "last-modified": httpDate(-1) }, status: 404, body: "gone" };
    const origin = script(gone, { status: 304, headers: {}, body: null }, fresh("back"));
    await ask(origin.load);
    pass(61);
    expect(await textOf((await ask(origin.load)).body)).toBe("back");
    expect(origin.asked[1]?.set).toEqual([]);
  });

  test("forgets what the 304 forbids to keep", async () => {
    const { ask, pass, cache } = bench();
    const origin = script(
      { headers: validatable, body: "one" },
      { status: 304, headers: { "cache-control": "no-store" }, body: null },
    );
    await ask(origin.load);
    pass(61);
    expect(await textOf((await ask(origin.load)).body)).toBe("one");
    expect(cache.size).toBe(0);
  });

  test("forgets what was replaced by something that must not be kept", async () => {
    const { ask, pass, cache } = bench();
    const origin = script(
      { headers: validatable },
      { headers: { "cache-control": "no-store" } },
      new Error("down"),
    );
    await ask(origin.load);
    pass(61);
    await ask(origin.load);
    expect(cache.size).toBe(0);
    await expect(ask(origin.load)).rejects.toThrow("down");
  });

  test("passes the client's own conditions on when nothing is stored, in a proxy", async () => {
    const { ask } = bench();
    const origin = script({ status: 304, headers: { etag: '"a"' }, body: null });
    const reply = await ask(origin.load, request({ "if-none-match": '"a"' }));
    expect(origin.asked[0]).toEqual({ method: "GET", set: [], drop: [] });
    expect(reply.status).toBe(304);
  });

  test("asks for the whole when nothing is stored, and answers conditions, ranges and HEAD from it, on Workers", async () => {
    for (const [asked, status, text] of [
      [request({ "if-none-match": '"a"' }), 304, ""],
      [request({ range: "bytes=1-2" }), 206, "ne"],
      [request({ range: "bytes=9-" }), 416, ""],
      [request({}, { method: "HEAD" }), 200, ""],
    ] as const) {
      const { ask, cache } = bench(workers);
      const origin = script({ headers: validatable, body: "one" });
      const reply = await ask(origin.load, asked);
      expect(origin.asked[0]?.method).toBe("GET");
      expect(origin.asked[0]?.drop).toContain("if-none-match");
      expect([reply.status, await textOf(reply.body)]).toEqual([status, text]);
      expect(cache.size).toBe(1);
    }
  });
});

describe("a HEAD", () => {
  const stored = { headers: { "cache-control": "max-age=60", etag: '"a"' }, body: "one" };
  const head = request({}, { method: "HEAD" });

  test("is answered from a stored GET, with its length", async () => {
    const { ask } = bench();
    const origin = script(stored);
    await ask(origin.load);
    const reply = await ask(origin.load, head);
    expect([reply.body, header(reply, "content-length")]).toEqual([null, "3"]);
    expect(header(reply, "cf-cache-status")).toBe("HIT");
  });

  test("tells no length of a stored 204 (RFC 9110 §8.6)", async () => {
    const { ask } = bench();
    const origin = script({ ...fresh(""), status: 204, body: null });
    await ask(origin.load);
    const reply = await ask(origin.load, head);
    expect([reply.status, header(reply, "content-length")]).toEqual([204, null]);
  });

  test("freshens a stored GET that it finds unchanged (§4.3.5)", async () => {
    const { ask, pass } = bench();
    const same = { headers: { ...stored.headers, "content-length": "3", "x-new": "1" }, body: null };
    const origin = script(stored, same);
    await ask(origin.load);
    pass(61);
    await ask(origin.load, head);
    expect(origin.asked[1]?.method).toBe("HEAD");
    const hit = await ask(origin.load);
    expect([await textOf(hit.body), header(hit, "x-new")]).toEqual(["one", "1"]);
    expect(header(hit, "cf-cache-status")).toBe("HIT");
  });

  test("that finds something where a stored GET found nothing invalidates it (§4.3.5)", async () => {
    const { ask, pass, cache } = bench();
    const found = { headers: { "cache-control": "max-age=60" }, body: null };
    const origin = script({ ...fresh("gone"), status: 404 }, found);
    await ask(origin.load);
    pass(61);
    await ask(origin.load, head);
    expect(cache.size).toBe(0);
  });

  test("is answered by a stale GET when the origin cannot be reached", async () => {
    const { ask, pass } = bench();
    const origin = script(stored, new Error("down"));
    await ask(origin.load);
    pass(61);
    const reply = await ask(origin.load, head);
    expect([reply.body, header(reply, "cf-cache-status")]).toEqual([null, "STALE"]);
  });

  test("lets go of a body that was asked for to fill the cache in vain", async () => {
    const { ask } = bench(workers);
    const cancelled = Promise.withResolvers<string>();
    const body = new ReadableStream<Uint8Array>({ cancel: () => cancelled.resolve("cancelled") });
    await ask(script({ headers: { "cache-control": "no-store" }, body }).load, head);
    expect(await cancelled.promise).toBe("cancelled");
  });

  test.each([
    ["entity tag", { etag: '"b"' }],
    ["length", { etag: '"a"', "content-length": "4" }],
  ])("invalidates a stored GET whose %s has changed (§4.3.5)", async (_, headers) => {
    const { ask, pass, cache } = bench();
    const origin = script(stored, { headers: { "cache-control": "max-age=60", ...headers }, body: null });
    await ask(origin.load);
    pass(61);
    await ask(origin.load, head);
    expect(cache.size).toBe(0);
  });
});

describe("request directives, in a proxy", () => {
  test("only-if-cached never asks the origin (§5.2.1.7)", async () => {
    const { ask } = bench();
    const origin = script(fresh("one"));
    const asked = request({ "cache-control": "only-if-cached" });
    const refused = await ask(origin.load, asked);
    // Based on no response, so no cache had a part in it (RFC 9211 §2).
    expect([refused.status, header(refused, "cache-status")]).toEqual([504, null]);
    expect(origin.asked).toHaveLength(0);
    await ask(origin.load);
    expect((await ask(origin.load, asked)).status).toBe(200);
  });

  test("no-cache brings a new response, which is kept", async () => {
    const { ask } = bench();
    const origin = script(fresh("one"), fresh("two"));
    await ask(origin.load);
    const reply = await ask(origin.load, request({ "cache-control": "no-cache" }));
    expect(await textOf(reply.body)).toBe("two");
    expect(header(reply, "cache-status")).toContain("fwd=request");
    expect(await textOf((await ask(origin.load)).body)).toBe("two");
  });

  test("no-store brings one that is not kept, and leaves what is stored (§5.2.1.5)", async () => {
    const { ask } = bench();
    const origin = script(fresh("one"), fresh("two"));
    await ask(origin.load);
    const reply = await ask(origin.load, request({ "cache-control": "no-store" }));
    expect(await textOf(reply.body)).toBe("two");
    expect(await textOf((await ask(origin.load)).body)).toBe("one");
  });
});
