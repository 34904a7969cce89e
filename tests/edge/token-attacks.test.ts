import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type EdgeUnderTest, startEdgeUnderTest, tokenClaims } from "#tests/support/edge.ts";
import { es256, type Forgery, forge } from "#tests/support/forge.ts";
import { rawRequest } from "#tests/support/raw-http.ts";
import { tokenAttacks } from "./token-attacks.ts";

/** Attempts to come in, as a table: each is refused in the terms of RFC 6750, with nothing told, kept or fetched. */

const PATH = "/v1/me";
const INVALID = 'Bearer error="invalid_token"';
const MALFORMED = 'Bearer error="invalid_request"';

const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const publicJwk = { ...ec.publicKey.export({ format: "jwk" }), kid: "test", alg: "ES256", use: "sig" };
const rsaJwk = { ...rsa.publicKey.export({ format: "jwk" }), kid: "rsa", alg: "RS256", use: "sig" };
const good = {
  header: { alg: "ES256", typ: "at+jwt", kid: "test" },
  claims: tokenClaims(),
  sign: es256(ec.privateKey),
};

/** A place that tokens name; nobody may ask it for anything. */
let trapped = 0;
const trap = createServer().on("connection", () => trapped++);
trap.listen(0, "127.0.0.1");
await once(trap, "listening");

const attacks = tokenAttacks({
  publicJwk,
  publicPem: String(createPublicKey(ec.privateKey).export({ type: "spki", format: "pem" })),
  privateKey: ec.privateKey,
  rsaKid: "rsa",
  rsaKey: rsa.privateKey,
  trap: `http://127.0.0.1:${(trap.address() as AddressInfo).port}`,
  claims: good.claims,
});

let edge: EdgeUnderTest;
const logged: string[] = [];
const sent: string[] = [];

beforeAll(async () => {
  edge = await startEdgeUnderTest({
    variables: { LOG_SAMPLE_PERMILLE: "1000" },
    onLog: (line) => logged.push(line),
  });
  edge.origin.keys = [publicJwk, rsaJwk];
});
afterAll(async () => {
  trap.close();
  await edge.stop();
});

const tokenOf = (forgery: Forgery) => forge(good, forgery);

async function expectRefused(token: string) {
  sent.push(token);
  const answer = await rawRequest(edge.url, `GET ${PATH}`, [`Authorization: Bearer ${token}`]);
  expect([answer.status, answer.headers.get("www-authenticate")]).toEqual([401, INVALID]);
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  expect(answer.headers.get("cache-control")).toBe("no-store");
  expect(JSON.parse(answer.body)).toMatchObject({ code: "invalid-token", status: 401 });
  expectNothingOf(token, JSON.stringify([...answer.headers]) + answer.body);
}

/** No part of a token that is long enough to mean something. */
function expectNothingOf(token: string, text: string) {
  for (const part of token.split(/[.\s,]/)) if (part.length >= 12) expect(text).not.toContain(part);
}

test("a good token of the forger's is accepted, so that what is refused is refused for its fault", async () => {
  const answer = await rawRequest(edge.url, `GET ${PATH}`, [`Authorization: Bearer ${tokenOf({})}`]);
  expect(answer.status).toBe(200);
});

test("the table has at least 60 attacks, each by a name of its own", () => {
  expect(attacks.length).toBeGreaterThanOrEqual(60);
  expect(new Set(attacks.map(([title]) => title)).size).toBe(attacks.length);
});

describe("a token is refused with", () => {
  test.each(attacks)("%s", async (_, forgery) => {
    await expectRefused(tokenOf(forgery));
  });
});

describe("the Authorization header", () => {
  const header = (value: string) => `Authorization: ${value}`;
  const token = tokenOf({});

  test.each([
    ["in lower case", [`authorization: bearer ${token}`]],
    ["in capitals", [`AUTHORIZATION: BEARER ${token}`]],
    ["with several spaces", [header(`Bearer   ${token}`)]],
  ])("is accepted %s", async (_, headers) => {
    expect((await rawRequest(edge.url, `GET ${PATH}`, headers)).status).toBe(200);
  });

  test.each([
    ["twice", [header(`Bearer ${token}`), header(`Bearer ${token}`)]],
    ["twice, the first one bad", [header("Bearer x"), header(`Bearer ${token}`)]],
    ["twice, the second one empty", [header(`Bearer ${token}`), header("")]],
    ["with two schemes", [header("Basic YTpi"), header(`Bearer ${token}`)]],
    ["with two tokens", [header(`Bearer ${token}, Bearer ${token}`)]],
    ["with a token and more", [header(`Bearer ${token} x`)]],
    ["with a token in quotes", [header(`Bearer "${token}"`)]],
    ["without a token", [header("Bearer")]],
    ["without a scheme", [header(token)]],
    ["with another scheme", [header(`DPoP ${token}`)]],
    ["with a tab", [header(`Bearer\t${token}`)]],
    ["with parameters", [header(`Bearer realm="x", token=${token}`)]],
    ["with a character beyond ASCII", [header(`Bearer ${token}é`)]],
    ["with a percent sign", [header(`Bearer ${token}%2E`)]],
    ["of 8 KiB and more", [header(`Bearer ${"a".repeat(8_193)}`)]],
  ])("is refused %s", async (_, headers) => {
    sent.push(token);
    const answer = await rawRequest(edge.url, `GET ${PATH}`, headers);
    expect([answer.status, answer.headers.get("www-authenticate")]).toEqual([400, MALFORMED]);
    expect(JSON.parse(answer.body)).toMatchObject({ code: "malformed-authorization" });
    expectNothingOf(token, answer.body);
  });

  test("on several lines (obs-fold, RFC 9112 §5.2) says no more than on one", async () => {
    const answer = await rawRequest(edge.url, `GET ${PATH}`, [`Authorization: Bearer ${token}`, " x"]);
    expect(answer.status).toBe(400);
  });

  test("is needed: a token in the query or a cookie is none, nor is an empty header (RFC 6750 §2.2, §2.3)", async () => {
    const asked = [
      [`GET ${PATH}?access_token=${token}`, []],
      [`GET ${PATH}`, [header("")]],
      [`GET ${PATH}`, [`Cookie: access_token=${token}`]],
      [`GET ${PATH}`, [`X-Authorization: Bearer ${token}`]],
      [`GET ${PATH}`, [`Proxy-Authorization: Bearer ${token}`]],
    ] as const;
    for (const [line, headers] of asked) {
      const answer = await rawRequest(edge.url, line, headers);
      expect([answer.status, answer.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
      expectNothingOf(token, answer.body);
    }
  });
});

test("nothing that a token names was ever asked for", () => {
  expect(trapped).toBe(0);
});

test("no token, nor a part of one, is in any line that was logged", () => {
  expect(logged.length).toBeGreaterThan(attacks.length);
  const all = logged.join("\n");
  for (const token of sent) expectNothingOf(token, all);
});

test("what reached the origin carries no token", () => {
  const reached = JSON.stringify(edge.origin.requests);
  for (const token of [...sent, tokenOf({})]) expectNothingOf(token, reached);
});
