import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { beforeAll, expect, it } from "vitest";
import { ownIssuer } from "#edge/auth/issuer.ts";
import { KeySource } from "#edge/auth/keys.ts";
import { Tokens } from "#edge/auth/tokens.ts";

/** By which spellings of the `Authorization` header a token is known. */

const NOW = 1_800_000_000;
const ISSUER = "https://api.example";
const now = () => NOW * 1000;
const nothing = () => undefined;
let tokens: Tokens;
let sign: () => Promise<string>;

beforeAll(async () => {
  const { publicKey, privateKey } = await generateKeyPair("ES256");
  const key = { ...(await exportJWK(publicKey)), kid: "one", alg: "ES256", use: "sig" };
  const keys = new KeySource(async () => ({ keys: { keys: [key] }, maxAgeSeconds: null }), now, 0);
  tokens = new Tokens([{ issuer: ownIssuer(ISSUER, "gatehouse"), keys }], now);
  let count = 0;
  sign = () =>
    new SignJWT({ client_id: "shop", tenant: "0190a7c0-0000-7000-8000-000000000001", scope: "catalog:read" })
      .setProtectedHeader({ alg: "ES256", kid: "one", typ: "at+jwt" })
      .setIssuer(ISSUER)
      .setAudience("gatehouse")
      .setSubject("user")
      .setJti(String(++count))
      .setIssuedAt(NOW)
      .setExpirationTime(NOW + 900)
      .sign(privateKey);
});

it.each(["Bearer ", "bearer ", "BEARER   "])(
  "a token that was verified once is known at once, were it sent first with %j",
  async (first) => {
    const token = await sign();
    const verifying = tokens.read(first + token, nothing);
    expect(verifying).toBeInstanceOf(Promise);
    const verified = await verifying;
    for (const scheme of ["Bearer ", "bearer ", "Bearer  "]) {
      expect(tokens.read(scheme + token, nothing)).toBe(verified);
    }
  },
);

it("a header that only resembles the one of a known token is read like any other", async () => {
  const token = await sign();
  await tokens.read(`Bearer ${token}`, nothing);
  for (const header of [`Basic  ${token}`, token, `Bearer ${token} `, `Bearer ${token}, Bearer ${token}`]) {
    expect(() => tokens.read(header, nothing)).toThrow(
      expect.objectContaining({ code: "malformed-authorization" }),
    );
  }
  await expect(tokens.read(`Bearer ${token}=`, nothing)).rejects.toMatchObject({ code: "invalid-token" });
});

it("a header that is too long to be a token's is refused unread, not looked up", () => {
  expect(() => tokens.read(`Bearer ${"a".repeat(100_000)}`, nothing)).toThrow(
    expect.objectContaining({ code: "malformed-authorization" }),
  );
});
