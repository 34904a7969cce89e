import { describe, expect, test } from "vitest";
import { Hits } from "#edge/http-cache/hits.ts";
import { proxy } from "#edge/http-cache/profile.ts";
import { entry, header, NOW, request, SECOND } from "./build.ts";

const stored = entry({ "cache-control": "max-age=60", etag: '"1"' });

describe("hits on one entry", () => {
  test("are one reply as long as they show the same age and time to live", () => {
    const hits = new Hits(proxy);
    const first = hits.reply(stored, request(), NOW + 20_001);
    expect(hits.reply(stored, request({ accept: "*/*" }), NOW + 20_999)).toBe(first);
    const later = hits.reply(stored, request(), NOW + 21 * SECOND);
    expect([header(first, "age"), header(later, "age")]).toEqual(["20", "21"]);
    expect(header(later, "cache-status")).toBe("gatehouse; hit; ttl=39");
  });

  test("are never shown an age that a clock set back does not know yet", () => {
    const hits = new Hits(proxy);
    hits.reply(stored, request(), NOW + 20 * SECOND);
    expect(header(hits.reply(stored, request(), NOW + 10 * SECOND), "age")).toBe("10");
  });

  test.each([
    ["with a range", request({ range: "bytes=0-0" }), 206],
    ["with a validator", request({ "if-none-match": '"1"' }), 304],
    ["for the head", request({}, { method: "HEAD" }), 200],
  ])("do not share a reply with one %s", (_, partial, status) => {
    const hits = new Hits(proxy);
    const whole = hits.reply(stored, request(), NOW);
    const part = hits.reply(stored, partial, NOW);
    expect([part.status, part.body]).not.toEqual([200, stored.body]);
    expect(part.status).toBe(status);
    expect(hits.reply(stored, request(), NOW)).toBe(whole);
  });

  test("are forgotten with the entry that another one replaced", () => {
    const hits = new Hits(proxy);
    hits.reply(stored, request(), NOW);
    const other = entry({ "cache-control": "max-age=60" }, proxy, "other");
    expect(hits.reply(other, request(), NOW).body).toBe(other.body);
  });
});
