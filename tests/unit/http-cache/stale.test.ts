import { describe, expect, test } from "vitest";
import type { Load } from "#edge/http-cache/exchange.ts";
import { proxy, workers } from "#edge/http-cache/profile.ts";
import { answerOf, bench, header, request, script, textOf } from "./build.ts";

const fresh = (text: string, more = {}) => ({
  headers: { "cache-control": "max-age=60", ...more },
  body: text,
});

describe("stale responses", () => {
  test("are served while one request revalidates them", async () => {
    const { ask, pass, settle } = bench();
    const revalidating = { "cache-control": "max-age=60, stale-while-revalidate=30" };
    const origin = script({ headers: revalidating, body: "one" }, { headers: revalidating, body: "two" });
    await ask(origin.load);
    pass(61);
    const replies = await Promise.all([ask(origin.load), ask(origin.load), ask(origin.load)]);
    for (const reply of replies) {
      expect(await textOf(reply.body)).toBe("one");
      expect(header(reply, "cf-cache-status")).toBe("UPDATING");
      expect(header(reply, "cache-status")).toBe("gatehouse; hit; ttl=-1; detail=updating");
    }
    await settle();
    expect(origin.asked).toHaveLength(2);
    const hit = await ask(origin.load);
    expect([await textOf(hit.body), header(hit, "cf-cache-status")]).toEqual(["two", "HIT"]);
  });

  test("are revalidated by one request even when that fails: those who were answered do not ask after it", async () => {
    const { ask, pass, settle } = bench();
    const control = "max-age=60, stale-while-revalidate=30, stale-if-error=0";
    const origin = script({ headers: { "cache-control": control }, body: "one" }, new Error("down"));
    await ask(origin.load);
    pass(61);
    await Promise.all(Array.from({ length: 100 }, () => ask(origin.load)));
    await settle();
    expect(origin.asked).toHaveLength(2);
  });

  test("are revalidated by a GET after a HEAD, whose answer has no content to store", async () => {
    const { ask, pass, settle } = bench();
    const headers = { "cache-control": "max-age=60, stale-while-revalidate=30" };
    const methods: string[] = [];
    const load: Load = async ({ method }) => {
      methods.push(method);
      return answerOf({ headers, body: method === "HEAD" ? null : "one" });
    };
    await ask(load);
    pass(61);
    const reply = await ask(load, request({}, { method: "HEAD" }));
    await settle();
    const hit = await ask(load);
    expect([header(reply, "cf-cache-status"), header(hit, "cf-cache-status")]).toEqual(["UPDATING", "HIT"]);
    expect(await textOf(hit.body)).toBe("one");
    expect(methods).toEqual(["GET", "GET"]);
  });

  test("stand in for an origin that cannot be reached, for all who wait", async () => {
    const { ask, pass } = bench();
    const origin = script(fresh("one"), new Error("down"));
    await ask(origin.load);
    pass(100);
    const replies = await Promise.all([ask(origin.load), ask(origin.load)]);
    for (const reply of replies) {
      expect([reply.status, await textOf(reply.body)]).toEqual([200, "one"]);
      expect(header(reply, "cf-cache-status")).toBe("STALE");
      expect(header(reply, "age")).toBe("100");
    }
    expect(origin.asked).toHaveLength(2);
  });

  test("tell their age when they stand in, however young they are (§4)", async () => {
    const { ask } = bench();
    const origin = script({ headers: { "cache-control": "max-age=0" }, body: "one" }, new Error("down"));
    await ask(origin.load);
    const reply = await ask(origin.load);
    expect([header(reply, "cf-cache-status"), header(reply, "age")]).toEqual(["STALE", "0"]);
  });

  test("stand in for an origin's error as each profile says", async () => {
    for (const [profile, status] of [
      [workers, 200],
      [proxy, 503],
    ] as const) {
      const { ask, pass } = bench(profile);
      const origin = script(fresh("one"), { status: 503 }, new Error("down"));
      await ask(origin.load);
      pass(61);
      expect((await ask(origin.load)).status).toBe(status);
      expect((await ask(origin.load)).status).toBe(200);
    }
  });

  test.each([
    [500, "one"],
    [501, "error"],
    [502, "one"],
    [503, "one"],
    [504, "one"],
    [505, "error"],
  ])("stand in within stale-if-error for a %i as RFC 5861 §4 says, in a proxy: %s", async (status, text) => {
    const { ask, pass } = bench();
    const lenient = { "cache-control": "max-age=60, stale-if-error=60" };
    const origin = script({ headers: lenient, body: "one" }, { status, body: "error" });
    await ask(origin.load);
    pass(61);
    expect(await textOf((await ask(origin.load)).body)).toBe(text);
  });

  test("stand in when the new body breaks off", async () => {
    const { ask, pass } = bench();
    const broken = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.error(new Error("broken off"));
      },
    });
    const origin = script(fresh("one"), { ...fresh(""), body: broken });
    await ask(origin.load);
    pass(61);
    expect(await textOf((await ask(origin.load)).body)).toBe("one");
  });

  test("stand in for nothing that was purged meanwhile", async () => {
    const { ask, pass, cache } = bench();
    await ask(script(fresh("one")).load);
    pass(61);
    const down = ask(async () => {
      cache.purge({ purgeEverything: true });
      throw new Error("down");
    });
    await expect(down).rejects.toThrow("down");
  });
});
