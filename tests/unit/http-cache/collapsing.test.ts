import { describe, expect, test } from "vitest";
import type { Load } from "#edge/http-cache/exchange.ts";
import { proxy, workers } from "#edge/http-cache/profile.ts";
import { answerOf, bench, header, request, type Step, script, textOf } from "./build.ts";

const fresh = (text: string, more = {}) => ({
  headers: { "cache-control": "max-age=60", ...more },
  body: text,
});

/** An origin whose answers are given one by one, in the order of the questions. */
function held() {
  const waiting: { give: (step: Exclude<Step, Error>) => void; fail: (error: Error) => void }[] = [];
  const load: Load = () => {
    const { promise, resolve, reject } = Promise.withResolvers<ReturnType<typeof answerOf>>();
    waiting.push({ give: (step) => resolve(answerOf(step)), fail: reject });
    return promise;
  };
  return { load, waiting };
}

/** Lets every continuation run that is ready to. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("requests for the same that nothing stored answers", () => {
  test("are answered by one question to the origin", async () => {
    const { ask } = bench();
    const origin = held();
    const replies = Array.from({ length: 1_000 }, () => ask(origin.load));
    await turn();
    expect(origin.waiting).toHaveLength(1);
    origin.waiting[0]?.give(fresh("one"));
    const [first, ...others] = await Promise.all(replies);
    expect(first && header(first, "cf-cache-status")).toBe("MISS");
    expect(first && header(first, "age")).toBeNull();
    for (const reply of others) {
      expect(header(reply, "cache-status")).toContain("; collapsed");
      // They are answered by a stored response, so they are told its age (RFC 9111 §4).
      expect(header(reply, "age")).toBe("0");
    }
    expect(await textOf(others[998]?.body ?? null)).toBe("one");
    expect(origin.waiting).toHaveLength(1);
  });

  test("each get their own answer when it must not be shared, and wait for one another no more", async () => {
    const { ask } = bench();
    const origin = held();
    const replies = [ask(origin.load), ask(origin.load), ask(origin.load)];
    await turn();
    origin.waiting[0]?.give({ headers: { "cache-control": "private" }, body: "mine" });
    await turn();
    expect(origin.waiting).toHaveLength(3);
    origin.waiting[1]?.give({ headers: { "cache-control": "private" }, body: "yours" });
    origin.waiting[2]?.give({ headers: { "cache-control": "private" }, body: "theirs" });
    const texts = (await Promise.all(replies)).map(({ body }) => textOf(body));
    expect(await Promise.all(texts)).toEqual(["mine", "yours", "theirs"]);
    const later = [ask(origin.load), ask(origin.load)];
    await turn();
    expect(origin.waiting).toHaveLength(5);
    for (const each of origin.waiting) each.give(fresh("one"));
    await Promise.all(later);
  });

  test("ask for themselves when the first one fails", async () => {
    const { ask } = bench();
    const origin = held();
    const settling = Promise.allSettled(Array.from({ length: 3 }, () => ask(origin.load)));
    await turn();
    origin.waiting[0]?.fail(new Error("down"));
    await turn();
    expect(origin.waiting).toHaveLength(3);
    for (const each of origin.waiting) each.give(fresh("one"));
    expect((await settling).map(({ status }) => status)).toEqual(["rejected", "fulfilled", "fulfilled"]);
  });

  test("ask for themselves when the first one takes too long", async () => {
    const { ask } = bench(proxy, { patienceMs: 5 });
    const origin = held();
    const replies = [ask(origin.load), ask(origin.load)];
    await expect.poll(() => origin.waiting.length).toBe(2);
    origin.waiting[1]?.give(fresh("two"));
    expect(await textOf((await replies[1])?.body ?? null)).toBe("two");
    origin.waiting[0]?.give(fresh("one"));
    await Promise.all(replies);
  });

  test("get nothing that varies by what they do not send", async () => {
    const { ask } = bench();
    const origin = held();
    const replies = [
      ask(origin.load, request({ "accept-language": "en" })),
      ask(origin.load, request({ "accept-language": "de" })),
    ];
    await turn();
    origin.waiting[0]?.give(fresh("hello", { vary: "accept-language" }));
    await turn();
    origin.waiting[1]?.give(fresh("hallo", { vary: "accept-language" }));
    const texts = (await Promise.all(replies)).map(({ body }) => textOf(body));
    expect(await Promise.all(texts)).toEqual(["hello", "hallo"]);
  });

  test.each([
    ["authorization", { authorization: "x" }],
    ["a wish for news", { "cache-control": "no-cache" }],
    ["a condition", { "if-none-match": '"a"' }],
    ["a range", { range: "bytes=0-1" }],
  ])("with %s neither wait nor are waited for", async (_, headers) => {
    const { ask } = bench();
    const origin = held();
    const replies = [
      ask(origin.load, request(headers)),
      ask(origin.load),
      ask(origin.load, request(headers)),
    ];
    await turn();
    expect(origin.waiting).toHaveLength(3);
    for (const each of origin.waiting) each.give(fresh("one"));
    await Promise.all(replies);
  });

  test("share a full answer whichever part of it they want, on Workers", async () => {
    const { ask } = bench(workers);
    const origin = held();
    const asked = [request(), request({ range: "bytes=0-0" }), request({}, { method: "HEAD" })];
    const replies = asked.map((each) => ask(origin.load, each));
    await turn();
    expect(origin.waiting).toHaveLength(1);
    origin.waiting[0]?.give(fresh("one"));
    expect((await Promise.all(replies)).map(({ status }) => status)).toEqual([200, 206, 200]);
  });
});

describe("what becomes invalid", () => {
  const post = request({}, { method: "POST" });

  test.each(["POST", "PUT", "DELETE", "PATCH", "M-SEARCH"])(
    "goes by a successful %s (§4.4)",
    async (method) => {
      const { ask, cache } = bench();
      await ask(script(fresh("one", { vary: "x" })).load);
      await ask(script(fresh("one", { vary: "x" })).load, request({ x: "1" }));
      const reply = await ask(script({ status: 303, body: null }).load, request({}, { method }));
      expect(header(reply, "cache-status")).toBe("gatehouse; fwd=method; fwd-status=303");
      expect(header(reply, "cf-cache-status")).toBe("BYPASS");
      expect(cache.size).toBe(0);
    },
  );

  test("goes by a write to a path that looks like a host", async () => {
    const { ask, cache } = bench();
    const strange = { key: "//", path: "//" };
    await ask(script(fresh("one")).load, request({}, strange));
    await ask(script({}).load, { ...post, ...strange });
    expect(cache.size).toBe(0);
  });

  test("stays by a failed write, and by a safe method", async () => {
    const { ask, cache } = bench();
    await ask(script(fresh("one")).load);
    await ask(script({ status: 500 }).load, post);
    await ask(script({ status: 404 }).load, post);
    await ask(script({}).load, request({}, { method: "OPTIONS" }));
    expect(cache.size).toBe(1);
  });

  test("is also what a write's answer points to, on the same origin and in the same partition", async () => {
    const { ask, cache } = bench();
    const at = (path: string, rest = {}) => request({}, { key: path, path, ...rest });
    for (const path of ["/a", "/b/1", "/c", "/d"]) await ask(script(fresh("one")).load, at(path));
    await ask(script(fresh("one")).load, at("/a", { partition: "other" }));
    const headers = { location: "b/1", "content-location": "http://here.test/c" };
    await ask(script({ status: 201, headers }).load, { ...post, origin: "http://here.test" });
    expect(cache.size).toBe(2);
    await ask(script({ headers: { location: "http://elsewhere.test/d" } }).load, post);
    expect(cache.size).toBe(2);
  });

  test("is also what was asked for before the write and answered after it", async () => {
    const { ask, cache } = bench();
    const origin = held();
    const read = ask(origin.load);
    await turn();
    await ask(script({}).load, post);
    origin.waiting[0]?.give(fresh("old"));
    expect(await textOf((await read).body)).toBe("old");
    expect(cache.size).toBe(0);
  });

  test("stays so when a HEAD from before the write is answered after it", async () => {
    const { ask, pass, cache } = bench();
    const origin = held();
    await ask(script(fresh("old", { etag: '"a"' })).load);
    pass(61);
    const head = ask(origin.load, request({}, { method: "HEAD" }));
    await turn();
    await ask(script({}).load, post);
    origin.waiting[0]?.give({ ...fresh("", { etag: '"a"' }), body: null });
    expect((await head).status).toBe(200);
    expect(cache.size).toBe(0);
  });

  test("stays replaced when a 304 about what was there before comes after what replaced it", async () => {
    const { ask, pass } = bench();
    const origin = held();
    await ask(script(fresh("old", { etag: '"a"' })).load);
    pass(61);
    const validated = ask(origin.load);
    await turn();
    await ask(script(fresh("new", { etag: '"b"' })).load, request({ "cache-control": "no-cache" }));
    origin.waiting[0]?.give({ status: 304, headers: { "cache-control": "max-age=60" }, body: null });
    expect(await textOf((await validated).body)).toBe("old");
    expect(await textOf((await ask(script().load)).body)).toBe("new");
  });
});

describe("an operator", () => {
  const tagged = (tag: string) => fresh("one", { "cache-tag": tag });
  const at = (path: string) => request({}, { key: path, path });

  test("purges by tag and prefix, in every partition", async () => {
    const { ask, cache } = bench();
    await ask(script(tagged("x,y")).load, at("/a"));
    await ask(script(tagged("Y")).load, { ...at("/b"), partition: "p" });
    await ask(script(tagged("z")).load, at("/c/1"));
    expect(cache.purge({ tags: ["y"] })).toEqual({ success: true, errors: [] });
    expect(cache.size).toBe(1);
    cache.purge({ pathPrefixes: ["/c/"] });
    expect(cache.size).toBe(0);
  });

  test("purges what is on its way too", async () => {
    const { ask, cache } = bench();
    const origin = held();
    const read = ask(origin.load);
    await turn();
    cache.purge({ tags: ["x"] });
    origin.waiting[0]?.give(tagged("x"));
    await read;
    expect(cache.size).toBe(0);
  });

  test("changes nothing by a purge that is refused", async () => {
    const { ask, cache } = bench();
    await ask(script(tagged("x")).load);
    expect(cache.purge({}).success).toBe(false);
    expect(cache.size).toBe(1);
  });

  test("invalidates softly: what is stored is validated before it is served", async () => {
    const { ask, cache } = bench(workers);
    const origin = script(
      fresh("one", { etag: '"a"', "cache-tag": "x" }),
      { status: 304, headers: {}, body: null },
      new Error("down"),
    );
    await ask(origin.load);
    cache.invalidate({ tags: ["x"] });
    expect(header(await ask(origin.load), "cf-cache-status")).toBe("REVALIDATED");
    expect(header(await ask(origin.load), "cf-cache-status")).toBe("HIT");
    cache.invalidate({ purgeEverything: true });
    expect(header(await ask(origin.load), "cf-cache-status")).toBe("STALE");
  });

  test("invalidates softly: what may be served meanwhile is", async () => {
    const { ask, cache } = bench(workers);
    const origin = script({ headers: { "cache-control": "max-age=60, stale-while-revalidate=60" } });
    await ask(origin.load);
    cache.invalidate({ pathPrefixes: ["/a"] });
    expect(header(await ask(origin.load), "cf-cache-status")).toBe("UPDATING");
  });
});
