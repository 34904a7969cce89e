import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, type JWTVerifyGetKey } from "jose";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { discoverKeySetUrl, fetchKeySet } from "#edge/auth/fetch-key-set.ts";
import { type FetchedKeySet, maxAgeOf, readKeySet } from "#edge/auth/key-set.ts";
import { KeySource } from "#edge/auth/keys.ts";

let jwk: Record<string, unknown>;
beforeAll(async () => {
  jwk = { ...(await exportJWK((await generateKeyPair("ES256")).publicKey)), alg: "ES256", use: "sig" };
});

describe("an issuer's keys", () => {
  let now: number;
  let fetches: number;
  let answer: () => Promise<FetchedKeySet>;
  let background: Promise<unknown>[];
  let keys: KeySource;

  const published = (kids: readonly string[], maxAgeSeconds: number | null = null): FetchedKeySet => ({
    keys: { keys: kids.map((kid) => ({ ...jwk, kty: "EC", kid })) },
    maxAgeSeconds,
  });
  const lookUp = () => keys.lookUp((work) => background.push(work));
  const find = async (kid: string, by: JWTVerifyGetKey | null = null) =>
    (by ?? (await lookUp()))({ alg: "ES256", kid }, { payload: "", signature: "" });
  const edition = () => keys.edition((work) => background.push(work));
  const settle = () => Promise.all(background);

  beforeEach(() => {
    now = 1_000_000;
    fetches = 0;
    background = [];
    answer = async () => published(["a"]);
    keys = new KeySource(
      () => {
        fetches++;
        return answer();
      },
      () => now,
      3_600,
    );
  });

  it("are fetched once for all that ask at once", async () => {
    await Promise.all(Array.from({ length: 50 }, () => find("a")));
    expect(fetches).toBe(1);
  });

  it.each([
    [null, 240],
    [100, 80],
    [0, 48],
    [86_400, 480],
  ])("that may be kept for %s s are renewed after %i s, in the background", async (maxAge, renewAfter) => {
    answer = async () => published(["a"], maxAge);
    await find("a");
    now += renewAfter * 1_000;
    edition();
    await find("a");
    expect(fetches).toBe(1);
    now += 1;
    expect(edition()).toBe(1);
    await settle();
    expect(fetches).toBe(2);
  });

  it("that nobody asked for while they were fresh are renewed before they are used: one may be withdrawn", async () => {
    await find("a");
    answer = async () => published(["b"]);
    now += 300_001;
    expect(edition()).toBeNull();
    await expect(find("a")).rejects.toMatchObject({ code: "ERR_JWKS_NO_MATCHING_KEY" });
    expect([fetches, edition()]).toEqual([2, 2]);
  });

  it("that cannot be renewed before they are used are used all the same, and nobody else waits", async () => {
    await find("a");
    answer = () => Promise.reject(new Error("away"));
    now += 300_001;
    await find("a");
    answer = () => new Promise(() => undefined);
    now += 30_001;
    expect(edition()).toBe(1);
    await find("a");
    expect(fetches).toBe(3);
  });

  it("that an issuer is silent about are used after a second", async () => {
    await find("a");
    answer = () => new Promise(() => undefined);
    now += 300_001;
    await expect(find("a")).resolves.toBeDefined();
    expect(edition()).toBe(1);
  });

  it("are fetched for an unknown kid at most once in half a minute", async () => {
    await find("a");
    for (let i = 0; i < 5; i++) await expect(find(`unknown-${i}`)).rejects.toThrow();
    expect(fetches).toBe(1);
    now += 30_000;
    for (let i = 0; i < 5; i++) await expect(find(`unknown-${i}`)).rejects.toThrow();
    expect(fetches).toBe(2);
  });

  it("are found at once when they are new and the cool-down is over", async () => {
    await find("a");
    answer = async () => published(["a", "b"]);
    now += 30_000;
    await expect(find("b")).resolves.toBeDefined();
  });

  it("are used on while the issuer is away, for an hour, and it is left alone in between", async () => {
    await find("a");
    answer = () => Promise.reject(new Error("away"));
    for (now += 241_000; now <= 1_000_000 + 3_600_000; now += 10_000) {
      await find("a");
      await settle();
    }
    expect(fetches).toBeLessThan(120);
    expect(edition()).toBeNull();
    await expect(find("a")).rejects.toMatchObject({ code: "unavailable" });
  });

  it("do not answer an unknown kid with 503 when the issuer is away", async () => {
    await find("a");
    answer = () => Promise.reject(new Error("away"));
    now += 30_000;
    await expect(find("b")).rejects.toMatchObject({ code: "ERR_JWKS_NO_MATCHING_KEY" });
  });

  it("that cannot be had are asked for once a second, however many want them", async () => {
    answer = () => Promise.reject(new Error("away"));
    for (let i = 0; i < 10; i++) await expect(find("a")).rejects.toMatchObject({ code: "unavailable" });
    await Promise.allSettled(Array.from({ length: 20 }, () => find("a")));
    expect(fetches).toBe(1);
    answer = async () => published(["a"]);
    now += 1_000;
    await find("a");
    expect(fetches).toBe(2);
  });

  it("have another edition only when they have changed", async () => {
    expect(edition()).toBeNull();
    await find("a");
    expect(edition()).toBe(1);
    now += 241_000;
    edition();
    await settle();
    expect([fetches, edition()]).toEqual([2, 1]);
    answer = async () => published(["b"]);
    now += 241_000;
    edition();
    await settle();
    expect(edition()).toBe(2);
    await expect(find("a")).rejects.toThrow();
  });
});

describe("a key set", () => {
  it("keeps the keys that signatures are checked with", () => {
    const good = { ...jwk, kid: "good" };
    const keys = [
      good,
      { ...jwk, kid: "private", d: "x" },
      { ...jwk, kid: "for encryption", use: "enc" },
      { ...jwk },
      { ...jwk, kid: 7 },
      { kty: "oct", k: "c2VjcmV0", kid: "symmetric" },
      null,
      "key",
    ];
    expect(readKeySet(JSON.stringify({ keys, more: 1 })).keys).toEqual([good]);
  });

  it.each(["", "[]", "null", '{"keys":{}}', "{}", JSON.stringify({ keys: Array(101).fill({}) })])(
    "is none when it is %.20s",
    (text) => {
      expect(() => readKeySet(text)).toThrow();
    },
  );

  it.each([
    ["max-age=60", 60],
    ["public, Max-Age = 3600, must-revalidate", 3_600],
    ['max-age="5"', 5],
    ["s-maxage=60", null],
    ["x-max-age=60", null],
    ["no-store", null],
    [null, null],
  ])("is kept as long as %s says", (header, expected) => {
    expect(maxAgeOf(header)).toBe(expected);
  });
});

describe("the way to another issuer", () => {
  let server: Server;
  let base: string;
  let respond: RequestListener;
  const asked: string[] = [];
  const get = (url: string, init: RequestInit) => fetch(url, init);

  beforeEach(async () => {
    asked.length = 0;
    server = createServer((request, response) => {
      asked.push(request.url ?? "");
      respond(request, response);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  it("reads keys and how long they are good for", async () => {
    respond = (_, response) =>
      response.setHeader("cache-control", "max-age=90").end(JSON.stringify({ keys: [{ ...jwk, kid: "a" }] }));
    const { keys, maxAgeSeconds } = await fetchKeySet(`${base}/keys`, get);
    expect([keys.keys.length, maxAgeSeconds]).toEqual([1, 90]);
  });

  it.each<[string, RequestListener]>([
    ["a redirect", (_, response) => response.writeHead(302, { location: `${base}/elsewhere` }).end()],
    ["an error", (_, response) => response.writeHead(500).end("{}")],
    ["more than 256 KiB", (_, response) => response.end(`{"keys":[],"x":"${"x".repeat(300_000)}"}`)],
    ["what is no UTF-8", (_, response) => response.end(Buffer.from([0x7b, 0xff, 0x7d]))],
    ["nothing", (_, response) => response.end()],
    [
      "what breaks off",
      (_, response) => response.writeHead(200, { "content-length": 100 }).write("{") && response.destroy(),
    ],
  ])("takes no %s for keys", async (_, listener) => {
    respond = listener;
    await expect(fetchKeySet(`${base}/keys`, get)).rejects.toThrow();
    expect(asked).toEqual(["/keys"]);
  });

  it("finds the keys by the issuer's description", async () => {
    respond = (_, response) =>
      response.end(JSON.stringify({ issuer: `${base}/realm/`, jwks_uri: `${base}/keys` }));
    expect(await discoverKeySetUrl(`${base}/realm/`, get)).toBe(`${base}/keys`);
    expect(asked).toEqual(["/realm/.well-known/openid-configuration"]);
  });

  it.each([
    ["another issuer", () => ({ issuer: "http://evil.example", jwks_uri: `${base}/keys` })],
    ["no keys", () => ({ issuer: base })],
    ["keys at no place", () => ({ issuer: base, jwks_uri: "keys" })],
    ["keys in a file", () => ({ issuer: base, jwks_uri: "file:///etc/passwd" })],
    ["keys inside itself", () => ({ issuer: base, jwks_uri: "data:application/json,{}" })],
  ])("believes no description of %s", async (_, description) => {
    respond = (_request, response) => response.end(JSON.stringify(description()));
    await expect(discoverKeySetUrl(base, get)).rejects.toThrow();
  });
});
