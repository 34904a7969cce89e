import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { encode, es256, type Forgery, hs256 } from "#tests/support/forge.ts";

/** What the forgers know or have made. */
export type Arsenal = {
  /** The issuer's public key, as a key set has it and as PEM. */
  readonly publicJwk: Readonly<Record<string, unknown>>;
  readonly publicPem: string;
  /** The issuer's private key: for tokens that are good but for one thing. */
  readonly privateKey: KeyObject;
  /** Of a key in the same set that is of another algorithm. */
  readonly rsaKid: string;
  readonly rsaKey: KeyObject;
  /** A place that must never be asked for anything. */
  readonly trap: string;
  /** Claims of a good token. */
  readonly claims: Readonly<Record<string, unknown>>;
};

type Attack = readonly [title: string, forgery: Forgery];

const attacker = generateKeyPairSync("ec", { namedCurve: "P-256" });
const attackerJwk = attacker.publicKey.export({ format: "jwk" });
const signedByAttacker = es256(attacker.privateKey);
const noSignature = { sign: () => Buffer.alloc(0) };

const part = (index: number, change: (part: string) => string) => (token: string) =>
  token
    .split(".")
    .map((text, at) => (at === index ? change(text) : text))
    .join(".");

/** The order of P-256 (FIPS 186-5): as `s` it is zero. */
const ORDER = Buffer.from("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", "hex");

/** Attempts to come in with a token that is not good. Every one is `invalid_token`, 401. */
export function tokenAttacks(arsenal: Arsenal): readonly Attack[] {
  const { publicJwk, publicPem, privateKey, rsaKid, rsaKey, trap, claims } = arsenal;
  const now = Math.floor(Date.now() / 1000);
  const text = (change: object) => JSON.stringify({ ...claims, ...change });
  const head = (more: string) => `{"alg":"ES256","typ":"at+jwt","kid":"test"${more}}`;
  return [
    // RFC 8725 §2.1, §3.1: algorithms
    ["no signature, `none`", { header: { alg: "none" }, ...noSignature }],
    ["`none` and a signature", { header: { alg: "none" } }],
    ["`None`", { header: { alg: "None" }, ...noSignature }],
    [
      "`NONE` with the dot left out",
      { header: { alg: "NONE" }, change: (token) => token.slice(0, token.lastIndexOf(".")) },
    ],
    ["an empty algorithm", { header: { alg: "" } }],
    ["no algorithm", { header: { alg: undefined } }],
    ["a list of algorithms", { header: { alg: ["ES256"] } }],
    ["an algorithm in lower case", { header: { alg: "es256" } }],
    ["HS256 with the public key as PEM", { header: { alg: "HS256" }, sign: hs256(publicPem) }],
    [
      "HS256 with the public key as JWK",
      { header: { alg: "HS256" }, sign: hs256(JSON.stringify(publicJwk)) },
    ],
    [
      "HS256 with the key's x",
      { header: { alg: "HS256" }, sign: hs256(Buffer.from(String(publicJwk["x"]), "base64url")) },
    ],
    ["HS256 with nothing", { header: { alg: "HS256" }, sign: hs256("") }],
    ["HS512 by name", { header: { alg: "HS512" } }],
    ["RS256 by name with an ES256 signature", { header: { alg: "RS256" } }],
    ["ES384 by name", { header: { alg: "ES384" } }],
    ["an algorithm for encryption", { header: { alg: "RSA-OAEP", enc: "A256GCM" } }],
    ["an algorithm that is a property of objects", { header: { alg: "constructor" } }],
    // Keys: RFC 8725 §3.10, and whatever else names one
    ["a signature of the attacker's", { sign: signedByAttacker }],
    ["the attacker's key inside", { header: { jwk: attackerJwk }, sign: signedByAttacker }],
    ["the issuer's own key inside", { header: { jwk: publicJwk } }],
    ["a URL of keys", { header: { jku: `${trap}/jwks.json` }, sign: signedByAttacker }],
    ["a URL of keys, well signed", { header: { jku: `${trap}/jwks.json` } }],
    ["a URL of certificates", { header: { x5u: `${trap}/cert.pem` }, sign: signedByAttacker }],
    ["a certificate inside", { header: { x5c: ["MIIB"] }, sign: signedByAttacker }],
    ["no kid", { header: { kid: undefined } }],
    ["an empty kid", { header: { kid: "" } }],
    ["a kid that is a number", { header: { kid: 1 } }],
    ["a kid that is an object", { header: { kid: { test: 1 } } }],
    ["an unknown kid", { header: { kid: "another" }, sign: signedByAttacker }],
    ["a kid that is a path", { header: { kid: "../../../../dev/null" }, sign: hs256("") }],
    ["a kid that is a URL", { header: { kid: `${trap}/key` }, sign: signedByAttacker }],
    ["a kid that is SQL", { header: { kid: "test' OR '1'='1" }, sign: signedByAttacker }],
    ["a kid with a NUL", { header: { kid: "test\u0000" } }],
    ["a kid that is a property of objects", { header: { kid: "__proto__" }, sign: signedByAttacker }],
    ["an overlong kid", { header: { kid: "k".repeat(3_000) }, sign: signedByAttacker }],
    ["the kid of a key of another algorithm", { header: { kid: rsaKid } }],
    [
      "another key of the set, of an algorithm that is not pinned",
      { header: { alg: "RS256", kid: rsaKid }, sign: es256(rsaKey, "der") },
    ],
    // RFC 7515 §4.1.11, RFC 7797, RFC 7516, RFC 8725 §3.11
    ["an unknown critical extension", { header: { crit: ["x"], x: 1 } }],
    ["a critical extension that is known", { header: { crit: ["exp"], exp: 1 } }],
    ["an empty list of critical extensions", { header: { crit: [] } }],
    ["a payload that is not encoded", { header: { b64: false, crit: ["b64"] } }],
    ["`b64` that changes nothing", { header: { b64: true } }],
    ["compression", { header: { zip: "DEF" } }],
    ["the type of another kind of token", { header: { typ: "JWT" } }],
    ["no type", { header: { typ: undefined } }],
    ["the type of an ID token's logout", { header: { typ: "logout+jwt" } }],
    ["a type that is a list", { header: { typ: ["at+jwt"] } }],
    ["a type with a lookalike", { header: { typ: "at+ϳwt" } }],
    // Claims: RFC 7519 §4.1, RFC 9068 §4
    ["another issuer", { claims: { iss: "https://evil.example" } }],
    ["no issuer", { claims: { iss: undefined } }],
    ["a list of issuers", { claims: { iss: [claims["iss"]] } }],
    ["the issuer with a slash", { claims: { iss: `${claims["iss"]}/` } }],
    ["the issuer in capitals", { claims: { iss: String(claims["iss"]).toUpperCase() } }],
    ["the issuer with a lookalike", { claims: { iss: String(claims["iss"]).replace("i", "і") } }],
    ["an issuer that is a place", { claims: { iss: trap }, sign: signedByAttacker }],
    ["another audience", { claims: { aud: "someone-else" } }],
    ["no audience", { claims: { aud: undefined } }],
    ["an empty audience", { claims: { aud: [] } }],
    ["an audience that contains ours", { claims: { aud: "gatehouse-admin" } }],
    ["an audience that is an object", { claims: { aud: { gatehouse: 1 } } }],
    ["expired", { claims: { exp: now - 60 } }],
    ["no expiry", { claims: { exp: undefined } }],
    ["an expiry in text", { claims: { exp: String(now + 300) } }],
    ["an infinite expiry", { payloadText: text({ exp: 0 }).replace('"exp":0', '"exp":1e999') }],
    ["an expiry of long ago", { claims: { exp: -1 } }],
    ["an expiry in a thousand years", { claims: { exp: now + 1_000 * 366 * 86_400 } }],
    ["no end at all", { claims: { exp: null } }],
    ["not yet valid", { claims: { nbf: now + 300 } }],
    ["a beginning in text", { claims: { nbf: "0" } }],
    ["issued in the future", { claims: { iat: now + 300 } }],
    ["no issue time", { claims: { iat: undefined } }],
    ["an issue time in text", { claims: { iat: String(now) } }],
    ["no subject", { claims: { sub: undefined } }],
    ["a subject that is a number", { claims: { sub: 1 } }],
    ["an empty subject", { claims: { sub: "" } }],
    ["no client", { claims: { client_id: undefined } }],
    ["a client that is a list", { claims: { client_id: ["client-1"] } }],
    ["no id", { claims: { jti: undefined } }],
    ["no tenant", { claims: { tenant: undefined } }],
    ["a tenant that is a list", { claims: { tenant: [claims["tenant"]] } }],
    ["a tenant that is a path", { claims: { tenant: "../other" } }],
    ["a tenant in capitals", { claims: { tenant: String(claims["tenant"]).toUpperCase() } }],
    ["scopes that are a list", { claims: { scope: ["catalog:read"] } }],
    ["scopes that are an object", { claims: { scope: { "catalog:read": true } } }],
    // Two readers, two meanings: RFC 8259 §4, RFC 7515 §4
    ["a header member twice", { headerText: head(',"alg":"ES256"') }],
    [
      "a header member twice, the first one bad",
      { headerText: '{"alg":"none","typ":"at+jwt","kid":"test","alg":"ES256"}' },
    ],
    [
      "a claim twice",
      { payloadText: text({}).replace("{", '{"tenant":"0190a7c0-0000-7000-8000-00000000000b",') },
    ],
    ["a claim twice, once with escapes", { payloadText: text({}).replace("{", '{"\\u0073ub":"admin",') }],
    ["a header that is a list", { headerText: '["ES256"]' }],
    ["a payload that is a list", { payloadText: "[1]" }],
    ["a payload that is text", { payloadText: '"sub"' }],
    ["a payload that is no JSON", { payloadText: "sub=user-1" }],
    ["a payload with a comment", { payloadText: `${text({})}//` }],
    ["a payload with a byte order mark", { payloadText: `\ufeff${text({})}` }],
    ["a token inside a token", { header: { cty: "JWT" }, payloadText: `${encode("{}")}.${encode("{}")}.` }],
    // RFC 7515 §2: base64url without padding, one spelling
    ["padding", { change: (token) => `${token}=` }],
    [
      "a signature with other unused bits",
      { change: part(2, (text) => `${text.slice(0, -1)}${text.endsWith("A") ? "B" : flipUnused(text)}`) },
    ],
    ["the alphabet of plain base64", { change: (token) => `${token.slice(0, -2)}+/` }],
    ["a character beyond the alphabet", { change: part(1, (text) => `${text}~`) }],
    ["a part of one character too many", { change: part(1, (text) => `${text}A`) }],
    ["an empty header", { change: part(0, () => "") }],
    ["an empty payload", { change: part(1, () => "") }],
    ["an empty signature", { change: part(2, () => "") }],
    ["two parts", { change: (token) => token.split(".").slice(0, 2).join(".") }],
    ["four parts", { change: (token) => `${token}.AAAA` }],
    ["five parts, as of an encrypted token", { change: (token) => `${token}.AAAA.AAAA` }],
    ["dots alone", { change: () => ".." }],
    ["no dot", { change: () => "opaque" }],
    ["the payload of another token", { change: part(1, () => encode(text({ scope: "catalog:write" }))) }],
    ["the header of another token", { change: part(0, () => encode(head(',"x":1'))) }],
    // Signatures
    ["a signature of zeros (CVE-2022-21449)", { sign: () => Buffer.alloc(64) }],
    ["a signature with r and s of the order", { sign: () => Buffer.concat([ORDER, ORDER]) }],
    ["a signature in DER", { sign: es256(privateKey, "der") }],
    ["a signature cut short", { sign: (input) => es256(privateKey)(input).subarray(0, 63) }],
    [
      "a signature with a byte more",
      { sign: (input) => Buffer.concat([es256(privateKey)(input), Buffer.alloc(2)]) },
    ],
    ["one bit of the signature changed", { sign: (input) => flipFirst(es256(privateKey)(input)) }],
  ];
}

/** The same bytes by a lenient decoder: two characters whose difference is in the bits that are not used. */
function flipUnused(part: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return alphabet[alphabet.indexOf(part.at(-1) ?? "A") ^ 1] ?? "B";
}

function flipFirst(signature: Buffer): Buffer {
  const changed = Buffer.from(signature);
  changed[0] = (changed[0] ?? 0) ^ 1;
  return changed;
}
