import { randomUUID } from "node:crypto";
import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";

export const ISSUER = "http://issuer.test";
export const TENANT = "0190a7c0-0000-7000-8000-00000000000a";

/** The headers that a hit has to have, whoever serves it. */
export const HIT_HEADERS: Readonly<Record<string, string>> = {
  "content-type": "^application/json",
  etag: '^"',
  "cache-status": "^gatehouse; hit; ttl=\\d+$",
  "cf-cache-status": "^HIT$",
  age: "^\\d+$",
  "cache-control": "^private, no-cache$",
  "x-request-id": "^[0-9a-f-]{36}$",
  "x-correlation-id": "^[0-9a-f-]{36}$",
  "ratelimit-policy": '^"default";q=1000000000;w=60$',
  ratelimit: '^"default";r=\\d+;t=\\d+$',
  "x-ratelimit-limit": "^1000000000$",
  "x-ratelimit-remaining": "^\\d+$",
  "x-ratelimit-reset": "^\\d+$",
};

export type Issuer = {
  readonly publicKey: JWK;
  readonly token: string;
  /** Another token of the same client. */
  readonly sign: () => Promise<string>;
};

/** More than an edge remembers (edge/compose.ts), so that none is known when its turn comes again. */
const MANY = 12_000;

/** A key pair, and access tokens that last an hour. */
export async function createIssuer(): Promise<Issuer> {
  const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
  const sign = () =>
    new SignJWT({ client_id: "bench", tenant: TENANT, scope: "catalog:read catalog:write" })
      .setProtectedHeader({ alg: "ES256", kid: "bench", typ: "at+jwt" })
      .setIssuer(ISSUER)
      .setAudience("gatehouse")
      .setSubject("bench")
      .setJti(randomUUID())
      .setIssuedAt()
      .setExpirationTime("1 h")
      .sign(privateKey);
  const jwk = { ...(await exportJWK(publicKey)), kid: "bench", alg: "ES256", use: "sig" };
  return { publicKey: jwk, token: await sign(), sign };
}

/** So many that each is new to whoever remembers them. */
export function manyTokens({ sign }: Issuer): Promise<readonly string[]> {
  return Promise.all(Array.from({ length: MANY }, sign));
}
