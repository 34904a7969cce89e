import type { PurgeOptions } from "#edge/http-cache/purge.ts";
import { type Instruction, OWN_PATH, type Scenario, type Step } from "./scenario.ts";

/** What Cloudflare documents of Workers Cache, as requests and answers. */

const saying = (cacheControl: string, more: Readonly<Record<string, string>> = {}): Instruction => ({
  answer: { headers: { "cache-control": cacheControl, ...more } },
});
const silent = (headers: Readonly<Record<string, string>> = {}, status = 200): Instruction => ({
  answer: { headers, status },
});
const GET: Step = {};
const operate = (by: "purge" | "invalidate", options: PurgeOptions): Step => ({
  path: "/operate",
  method: "POST",
  tell: { operate: { by, options } },
  status: 200,
});
/** Long enough for `max-age=1` to be over. */
const STALE_MS = 2_500;

/** Asks twice, and expects what each says. */
function twice(name: string, tell: Instruction, first: string, second: string): Scenario {
  return { name, tell, steps: [{ word: first }, { word: second, sameAs: second === "HIT" ? 0 : -1 }] };
}

const storing: readonly Scenario[] = [
  twice("max-age is honoured", saying("max-age=60"), "MISS", "HIT"),
  twice("s-maxage is honoured", saying("s-maxage=60, max-age=0"), "MISS", "HIT"),
  twice("a response without Cache-Control is cached", silent(), "MISS", "HIT"),
  twice("a 404 without Cache-Control is cached", silent({}, 404), "MISS", "HIT"),
  twice("a 403 without Cache-Control is not", silent({}, 403), "DYNAMIC", "DYNAMIC"),
  twice("no-store is honoured", saying("no-store"), "BYPASS", "BYPASS"),
  twice("private is honoured", saying("private, max-age=60"), "BYPASS", "BYPASS"),
  twice("a cookie prevents caching", saying("max-age=60", { "set-cookie": "a=b" }), "BYPASS", "BYPASS"),
  twice("Vary: * prevents caching", saying("max-age=60", { vary: "*" }), "BYPASS", "BYPASS"),
  twice(
    "a 206 is not cached",
    { answer: { status: 206, headers: { "cache-control": "max-age=60" } } },
    "MISS",
    "MISS",
  ),
  twice(
    "CDN-Cache-Control overrules Cache-Control",
    saying("no-store", { "cdn-cache-control": "max-age=60" }),
    "MISS",
    "HIT",
  ),
  {
    name: "the calling Worker's Cache-Control overrules the response's",
    tell: { ...saying("no-store"), cacheControl: "max-age=60" },
    steps: [{ word: "MISS" }, { word: "HIT", sameAs: 0 }],
  },
  {
    name: "Cloudflare-CDN-Cache-Control overrules both and is not sent on",
    tell: saying("no-store", {
      "cdn-cache-control": "no-store",
      "cloudflare-cdn-cache-control": "max-age=60",
    }),
    steps: [
      { word: "MISS", without: ["cloudflare-cdn-cache-control"] },
      { word: "HIT", without: ["cloudflare-cdn-cache-control"], has: { "cdn-cache-control": "no-store" } },
    ],
  },
  {
    name: "a cookie that is declared private is left out of the cached copy",
    tell: saying('max-age=60, private="set-cookie"', { "set-cookie": "a=b" }),
    steps: [{ word: "MISS" }, { word: "HIT", sameAs: 0, without: ["set-cookie"] }],
  },
  {
    name: "a page under a static-looking path is not cached unless it says so",
    steps: [
      { path: "/x.css", tell: silent({ "content-type": "text/html" }), word: "BYPASS" },
      { path: "/y.css", tell: saying("max-age=60", { "content-type": "text/html" }), word: "MISS" },
      { path: "/y.css", word: "HIT", sameAs: 1 },
    ],
  },
];

const keys: readonly Scenario[] = [
  {
    name: "path, query order and props are in the key",
    tell: saying("max-age=60"),
    steps: [
      { path: "?a=1&b=2", word: "MISS" },
      { path: "?b=2&a=1", word: "MISS" },
      { path: "/?a=1&b=2", word: "MISS" },
      {
        path: "?a=1&b=2",
        tell: { ...saying("max-age=60"), props: { tenant: "b" } },
        word: "MISS",
        sameAs: -1,
      },
      { path: "?a=1&b=2", word: "HIT", sameAs: 0 },
    ],
  },
  {
    name: "a custom key replaces path and query, not props",
    tell: { ...saying("max-age=60"), cacheKey: "key-of-its-own" },
    steps: [
      { path: "/a", word: "MISS" },
      { path: "/b", word: "HIT", sameAs: 0 },
      {
        path: "/b",
        tell: { ...saying("max-age=60"), cacheKey: "key-of-its-own", props: { t: "b" } },
        word: "MISS",
      },
    ],
  },
  {
    name: "a header that could override the URL is in the key",
    tell: saying("max-age=60"),
    steps: [
      { headers: { "x-original-url": "/evil" }, word: "MISS" },
      { word: "MISS", sameAs: -1 },
    ],
  },
  {
    name: "every header that Vary names counts, verbatim",
    tell: saying("max-age=60", { vary: "X-Lang" }),
    steps: [
      { headers: { "x-lang": "en, de" }, word: "MISS" },
      { headers: { "x-lang": "en,de" }, word: "MISS", sameAs: -1 },
      { headers: { "x-lang": "en, de" }, word: "HIT", sameAs: 0 },
    ],
  },
  {
    name: "an answer to Authorization is cached only if it says so",
    steps: [
      { path: "/a", headers: { authorization: "x" }, tell: saying("max-age=60"), word: "BYPASS" },
      { path: "/b", headers: { authorization: "x" }, tell: saying("public, max-age=60"), word: "MISS" },
      { path: "/b", word: "HIT", sameAs: 1 },
    ],
  },
  {
    name: "other methods always run the Worker",
    tell: saying("max-age=60"),
    steps: [
      { method: "POST", word: "BYPASS" },
      { word: "MISS", sameAs: -1 },
    ],
  },
];

const answering: readonly Scenario[] = [
  {
    name: "a HEAD fills the cache for a GET",
    tell: saying("max-age=60"),
    steps: [
      { method: "HEAD", word: "MISS", body: "" },
      { word: "HIT", sameAs: 0, body: "0123456789" },
    ],
  },
  {
    name: "ranges are cut from the full response",
    tell: saying("max-age=60"),
    steps: [
      { headers: { range: "bytes=0-1" }, word: "MISS", status: 206, body: "01" },
      { headers: { range: "bytes=8-" }, word: "HIT", status: 206, body: "89", sameAs: 0 },
      { headers: { range: "bytes=20-" }, status: 416 },
      { word: "HIT", status: 200, body: "0123456789", sameAs: 0 },
    ],
  },
  {
    name: "a client's condition is answered from the cache",
    tell: saying("max-age=60", { etag: '"a"' }),
    steps: [{ word: "MISS" }, { headers: { "if-none-match": '"a"' }, word: "HIT", status: 304 }],
  },
];

const staleness: readonly Scenario[] = [
  twice("no-cache is stored, and replaced when it changed", saying("no-cache"), "MISS", "EXPIRED"),
  {
    name: "no-cache is stored, and served when the Worker confirms it",
    tell: saying("no-cache", { etag: '"a"' }),
    steps: [{ word: "MISS" }, { word: "REVALIDATED", status: 200, body: "0123456789" }],
  },
  {
    name: "a confirmed response has the lifetime that its confirmation gives it",
    tell: saying("max-age=1", { etag: '"a"' }),
    steps: [
      { word: "MISS" },
      { afterMs: STALE_MS, tell: saying("max-age=60", { etag: '"a"' }), word: "REVALIDATED" },
      { afterMs: STALE_MS, word: "HIT", body: "0123456789" },
    ],
  },
  {
    name: "a response that was confirmed in the background is fresh again",
    tell: saying("max-age=1, stale-while-revalidate=60", { etag: '"a"' }),
    steps: [
      { word: "MISS" },
      { afterMs: STALE_MS, tell: saying("max-age=60", { etag: '"a"' }), word: "UPDATING", sameAs: 0 },
      { afterMs: STALE_MS, word: "HIT", body: "0123456789" },
    ],
  },
  {
    name: "a stale response is replaced",
    tell: saying("max-age=1"),
    steps: [GET, { afterMs: STALE_MS, word: "EXPIRED", sameAs: -1 }],
  },
  {
    name: "a stale response is served while it is revalidated",
    tell: saying("max-age=1, stale-while-revalidate=60"),
    steps: [GET, { afterMs: STALE_MS, word: "UPDATING", sameAs: 0 }],
  },
  ...["s-maxage=1", "must-revalidate", "proxy-revalidate"].map(
    (directive): Scenario => ({
      name: `${directive} switches off serving stale`,
      tell: saying(`max-age=1, stale-while-revalidate=60, stale-if-error=60, ${directive}`),
      steps: [GET, { afterMs: STALE_MS, tell: { fail: true }, status: 503, sameAs: -1 }],
    }),
  ),
  {
    name: "a stale response stands in for a failure, without being told to",
    tell: saying("max-age=1"),
    steps: [GET, { afterMs: STALE_MS, tell: { fail: true }, word: "STALE", status: 200, sameAs: 0 }],
  },
  {
    name: "stale-if-error=0 lets failures through",
    tell: saying("max-age=1, stale-if-error=0"),
    steps: [GET, { afterMs: STALE_MS, tell: { fail: true }, status: 503 }],
  },
];

const operating: readonly Scenario[] = [
  {
    name: "a purge by tag, in any letter case, removes what carries it",
    tell: saying("max-age=60", { "cache-tag": "scenario-Tag,other" }),
    steps: [
      { word: "MISS", without: ["cache-tag"] },
      operate("purge", { tags: ["SCENARIO-tag"] }),
      { word: "MISS", sameAs: -1 },
    ],
  },
  {
    name: "an invalidation keeps what carries the tag, and has it confirmed",
    tell: saying("max-age=60", { "cache-tag": "scenario-soft", etag: '"a"' }),
    steps: [{ word: "MISS" }, operate("invalidate", { tags: ["scenario-soft"] }), { word: "REVALIDATED" }],
  },
  {
    name: "a purge by tag leaves what carries other tags",
    steps: [
      { path: "/a", tell: saying("max-age=60", { "cache-tag": "scenario-one" }), word: "MISS" },
      { path: "/b", tell: saying("max-age=60", { "cache-tag": "scenario-two" }), word: "MISS" },
      operate("purge", { tags: ["scenario-one", "scenario-none"] }),
      { path: "/b", word: "HIT", sameAs: 1 },
      { path: "/a", word: "MISS", sameAs: -1 },
    ],
  },
  {
    name: "a tag that is none is dropped, and those beside it count",
    tell: saying("max-age=60", { "cache-tag": "scenario bad, scenario-good" }),
    steps: [
      { word: "MISS" },
      operate("purge", { tags: ["scenario-bad"] }),
      { word: "HIT", sameAs: 0 },
      operate("purge", { tags: ["scenario-good"] }),
      { word: "MISS", sameAs: -1 },
    ],
  },
  {
    name: "a purge by tag reaches every props",
    steps: [
      {
        tell: { ...saying("max-age=60", { "cache-tag": "scenario-props" }), props: { t: "a" } },
        word: "MISS",
      },
      {
        tell: { ...saying("max-age=60", { "cache-tag": "scenario-props" }), props: { t: "b" } },
        word: "MISS",
      },
      operate("purge", { tags: ["scenario-props"] }),
      { tell: { ...saying("max-age=60"), props: { t: "a" } }, word: "MISS", sameAs: -1 },
      { tell: { ...saying("max-age=60"), props: { t: "b" } }, word: "MISS", sameAs: -1 },
    ],
  },
  {
    name: "a purge by path prefix takes what begins with it, longer names too, and all variants",
    tell: saying("max-age=60", { vary: "X-Lang" }),
    steps: [
      { path: "/p/1", headers: { "x-lang": "en" }, word: "MISS" },
      { path: "/p/1", headers: { "x-lang": "de" }, word: "MISS" },
      { path: "/p/10", word: "MISS" },
      { path: "/p/2", word: "MISS" },
      operate("purge", { pathPrefixes: [`${OWN_PATH}/p/1`] }),
      { path: "/p/2", word: "HIT", sameAs: 3 },
      { path: "/p/10", word: "MISS", sameAs: -1 },
      { path: "/p/1", headers: { "x-lang": "en" }, word: "MISS", sameAs: -1 },
      { path: "/p/1", headers: { "x-lang": "de" }, word: "MISS", sameAs: -1 },
    ],
  },
  {
    name: "what was purged does not stand in for a failure",
    tell: saying("max-age=1, stale-if-error=60", { "cache-tag": "scenario-gone" }),
    steps: [
      { word: "MISS" },
      operate("purge", { tags: ["scenario-gone"] }),
      { tell: { fail: true }, status: 503 },
    ],
  },
];

export const scenarios: readonly Scenario[] = [...storing, ...keys, ...answering, ...staleness, ...operating];
