import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Running, startInFront, statusOf } from "./running.ts";
import { answer, hangUp } from "./upstream.ts";

/** RFC 9111 as a client and an upstream see it, on real sockets; the decisions have tests of their own. */

let running: Running;

beforeAll(async () => {
  running = await startInFront();
});
afterAll(() => running.stop());

const FRESH = { "cache-control": "max-age=60" };
/** Stale on arrival: an upstream cache has held it for longer than it lives. */
const STALE = { "cache-control": "max-age=60", age: "100" };

describe("a stored response", () => {
  test("serves later requests, with its age and the upstream's own date", async () => {
    const { get, upstream } = running;
    const date = "Sat, 21 Nov 2026 08:00:00 GMT";
    upstream.script("/fresh", answer({ ...FRESH, "cache-control": "max-age=99999999", date, "x-own": "1" }));
    expect(statusOf(await get("/fresh"))).toEqual([200, "MISS"]);
    const hit = await get("/fresh");
    expect(statusOf(hit)).toEqual([200, "HIT"]);
    expect(Number(hit.headers.get("age"))).toBeGreaterThan(0);
    expect([hit.headers.get("date"), hit.headers.get("x-own")]).toEqual([date, "1"]);
    expect(hit.headers.get("cache-status")).toMatch(/^gatehouse; hit; ttl=\d+$/);
    expect(await hit.text()).toBe("body");
    expect(upstream.asked("/fresh")).toHaveLength(1);
  });

  test("answers HEAD, ranges and conditions", async () => {
    const { get, upstream } = running;
    upstream.script("/parts", answer({ ...FRESH, etag: '"a"' }, "0123456789"));
    await get("/parts");
    const head = await get("/parts", { method: "HEAD" });
    expect([head.status, head.headers.get("content-length")]).toEqual([200, "10"]);
    const part = await get("/parts", { headers: { range: "bytes=2-4" } });
    expect([part.status, part.headers.get("content-range"), await part.text()]).toEqual([
      206,
      "bytes 2-4/10",
      "234",
    ]);
    expect((await get("/parts", { headers: { range: "bytes=10-" } })).status).toBe(416);
    // Node's fetch would add `Cache-Control: no-cache` to a condition of its caller's own.
    const condition = { "if-none-match": '"a"', "cache-control": "x-none" };
    const unchanged = await get("/parts", { headers: condition });
    expect([unchanged.status, unchanged.headers.get("etag")]).toEqual([304, '"a"']);
    expect(upstream.asked("/parts")).toHaveLength(1);
  });

  test("is kept as it was encoded", async () => {
    const { get, upstream } = running;
    const body = gzipSync("hello");
    upstream.script("/gzip", answer({ ...FRESH, "content-encoding": "gzip", vary: "accept-encoding" }, body));
    for (const expected of ["MISS", "HIT"]) {
      const reply = await get("/gzip");
      expect(statusOf(reply)).toEqual([200, expected]);
      expect(reply.headers.get("content-encoding")).toBe("gzip");
      expect(await reply.text()).toBe("hello");
    }
  });

  test("keeps its cookies apart, and redirects unfollowed", async () => {
    const { get, upstream } = running;
    upstream.script(
      "/moved",
      answer({ ...FRESH, location: "/elsewhere", "set-cookie": ["a=1", "b=2"] }, "", 301),
    );
    await get("/moved");
    const hit = await get("/moved");
    expect(statusOf(hit)).toEqual([301, "HIT"]);
    expect(hit.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect(hit.headers.get("location")).toBe("/elsewhere");
  });

  test("is validated when stale, and served under the new header fields", async () => {
    const { get, upstream } = running;
    upstream.script(
      "/validated",
      answer({ ...STALE, etag: '"a"', "x-version": "1" }, "one"),
      answer({ ...FRESH, etag: '"a"', "x-version": "2" }, "", 304),
    );
    await get("/validated");
    const reply = await get("/validated");
    expect(statusOf(reply)).toEqual([200, "REVALIDATED"]);
    expect([await reply.text(), reply.headers.get("x-version")]).toEqual(["one", "2"]);
    expect(upstream.asked("/validated")[1]?.headers["if-none-match"]).toBe('"a"');
    expect(statusOf(await get("/validated"))).toEqual([200, "HIT"]);
  });

  test("is replaced when stale and changed", async () => {
    const { get, upstream } = running;
    upstream.script("/replaced", answer({ ...STALE, etag: '"a"' }, "one"), answer(FRESH, "two"));
    await get("/replaced");
    const reply = await get("/replaced");
    expect([...statusOf(reply), await reply.text()]).toEqual([200, "EXPIRED", "two"]);
  });

  test("is served while it is revalidated, within stale-while-revalidate", async () => {
    const { get, upstream } = running;
    const control = { "cache-control": "max-age=60, stale-while-revalidate=100", age: "100" };
    upstream.script("/meanwhile", answer(control, "one"), answer(FRESH, "two"));
    await get("/meanwhile");
    const reply = await get("/meanwhile");
    expect([...statusOf(reply), await reply.text()]).toEqual([200, "UPDATING", "one"]);
    await expect.poll(async () => (await get("/meanwhile")).text()).toBe("two");
    expect(upstream.asked("/meanwhile")).toHaveLength(2);
  });

  test("stands in when the upstream hangs up, unless that is forbidden", async () => {
    const { get, upstream } = running;
    for (const [path, more, expected] of [
      ["/hangs-up", "", [200, "STALE"]],
      ["/must-revalidate", ", must-revalidate", [502, null]],
      ["/proxy-revalidate", ", proxy-revalidate", [502, null]],
      ["/no-cache", ", no-cache", [502, null]],
      ["/s-maxage", ", s-maxage=60", [502, null]],
    ] as const) {
      upstream.script(path, answer({ ...STALE, "cache-control": `max-age=60${more}` }), hangUp);
      await get(path);
      expect(statusOf(await get(path))).toEqual(expected);
    }
  });

  test("is found only by requests that select it", async () => {
    const { get, upstream } = running;
    upstream.script("/vary", answer({ ...FRESH, vary: "x-lang" }));
    const words = [];
    for (const language of ["en", "de", "en"]) {
      words.push((await get("/vary", { headers: { "x-lang": language } })).headers.get("cf-cache-status"));
    }
    words.push((await get("/vary")).headers.get("cf-cache-status"));
    expect(words).toEqual(["MISS", "MISS", "HIT", "MISS"]);
  });

  test.each(["x-forwarded-host", "x-original-url", "x-http-method-override"])(
    "is not shared across %s",
    async (name) => {
      const { get, upstream } = running;
      const path = `/guarded-${name}`;
      upstream.script(path, answer(FRESH, "poisoned"), answer(FRESH, "clean"));
      await get(path, { headers: { [name]: "evil" } });
      expect(await (await get(path)).text()).toBe("clean");
    },
  );
});

describe("nothing is stored", () => {
  test.each<[string, Record<string, string>, RequestInit]>([
    ["of a private response", { "cache-control": "private, max-age=60" }, {}],
    ["of a response that says no-store", { "cache-control": "no-store, max-age=60" }, {}],
    ["of a response that says nothing", {}, {}],
    ["of a response to Authorization", FRESH, { headers: { authorization: "x" } }],
    ["of a response that varies by everything", { ...FRESH, vary: "*" }, {}],
    ["when the client says no-store", FRESH, { headers: { "cache-control": "no-store" } }],
  ])("%s", async (name, headers, init) => {
    const { get, upstream } = running;
    const path = `/${encodeURIComponent(name)}`;
    upstream.script(path, answer(headers));
    await get(path, init);
    await get(path);
    expect(upstream.asked(path)).toHaveLength(2);
  });

  test.each<[string, Record<string, string>, number]>([
    ["If-Match", { "if-match": '"none"' }, 412],
    ["Range", { range: "bytes=9999-" }, 416],
  ])("that one client's own %s failed with, for all who ask without it", async (name, headers, status) => {
    const { get, upstream } = running;
    const path = `/failed-${name}`;
    upstream.script(path, answer(FRESH, "failed", status), answer(FRESH, "whole"));
    expect((await get(path, { headers })).status).toBe(status);
    expect(await (await get(path)).text()).toBe("whole");
  });

  test("of a response whose body breaks off", async () => {
    const { get, upstream } = running;
    upstream.script(
      "/broken",
      (_request, response) => {
        response.writeHead(200, { ...FRESH, "content-length": "100" });
        response.write("only this", () => response.destroy());
      },
      answer(FRESH, "whole"),
    );
    expect((await get("/broken")).status).toBe(502);
    expect(await (await get("/broken")).text()).toBe("whole");
  });
});

describe("a write", () => {
  test.each(["POST", "PUT", "DELETE", "PATCH", "M-SEARCH", "PROPPATCH"])(
    "by %s goes through and invalidates",
    async (method) => {
      const { get, upstream } = running;
      const path = `/written-by-${method}`;
      upstream.script(path, answer(FRESH, "one"), answer({}, "done"), answer(FRESH, "two"));
      await get(path);
      const reply = await get(path, { method, body: "payload" });
      expect([...statusOf(reply), await reply.text()]).toEqual([200, "BYPASS", "done"]);
      const asked = upstream.asked(path)[1];
      expect([asked?.method, await asked?.body]).toEqual([method, "payload"]);
      expect(await (await get(path)).text()).toBe("two");
    },
  );

  test("that fails invalidates nothing", async () => {
    const { get, upstream } = running;
    upstream.script("/failed-write", answer(FRESH), answer({}, "", 500));
    await get("/failed-write");
    await get("/failed-write", { method: "POST" });
    expect(statusOf(await get("/failed-write"))).toEqual([200, "HIT"]);
  });

  test("invalidates what its answer points to", async () => {
    const { get, upstream } = running;
    upstream.script("/pointed-to", answer(FRESH));
    upstream.script("/pointing", answer({ location: "/pointed-to" }, "", 201));
    await get("/pointed-to");
    await get("/pointing", { method: "POST" });
    expect(statusOf(await get("/pointed-to"))).toEqual([200, "MISS"]);
  });
});
