import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from "jose";
import { v7 as uuidv7 } from "uuid";
import { writePrivately } from "./secrets.ts";
import { StartError } from "./start-error.ts";

/** The key that `npm run token` and the tests sign with; the origin publishes it in development only. */
export type DevelopmentKey = {
  readonly kid: string;
  readonly privateJwk: JWK;
  /** DEVELOPMENT_PUBLIC_KEY. */
  readonly publicJwk: JWK;
};

export type TokenRequest = {
  readonly issuer: string;
  readonly audience: string;
  readonly tenantId: string;
  readonly scopes: readonly string[];
  readonly subject: string;
  readonly clientId: string;
  readonly lifetimeSeconds: number;
  /** Replaces or removes (undefined) claims and header members, for tokens that must be refused. */
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
};

const ALGORITHM = "ES256";

export async function makeDevelopmentKey(): Promise<DevelopmentKey> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  return describe(await exportJWK(privateKey));
}

/** The key in a data folder, or null before the first start. */
export async function findDevelopmentKey(folder: string): Promise<DevelopmentKey | null> {
  const file = fileIn(folder);
  if (!existsSync(file)) return null;
  try {
    return await describe(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    throw new StartError(`${file} is not a key any more: run \`npm run dev -- --reset\` to start afresh.`);
  }
}

/** The key of a data folder, made at its first start. */
export async function keepDevelopmentKey(folder: string): Promise<DevelopmentKey> {
  const found = await findDevelopmentKey(folder);
  if (found !== null) return found;
  const key = await makeDevelopmentKey();
  writePrivately(fileIn(folder), key.privateJwk);
  return key;
}

/**
 * An access token (RFC 9068), as the origin would issue it.
 * @param now milliseconds since the epoch
 */
export async function mintToken(key: DevelopmentKey, request: TokenRequest, now: number): Promise<string> {
  const issuedAt = Math.floor(now / 1000);
  const claims = {
    iss: request.issuer,
    aud: request.audience,
    sub: request.subject,
    client_id: request.clientId,
    iat: issuedAt,
    exp: issuedAt + request.lifetimeSeconds,
    jti: uuidv7(),
    tenant: request.tenantId,
    scope: request.scopes.join(" "),
    ...request.claims,
  };
  return new SignJWT(claims)
    .setProtectedHeader({ alg: ALGORITHM, typ: "at+jwt", kid: key.kid, ...request.header })
    .sign(await importJWK(key.privateJwk, ALGORITHM));
}

async function describe(privateJwk: JWK): Promise<DevelopmentKey> {
  const { kty = "", crv = "", x = "", y = "" } = privateJwk;
  const thumbprint = await calculateJwkThumbprint({ kty, crv, x, y });
  const kid = `development-${thumbprint.slice(0, 12)}`;
  return { kid, privateJwk, publicJwk: { kty, crv, x, y, kid, alg: ALGORITHM, use: "sig" } };
}

function fileIn(folder: string): string {
  return join(folder, "development-key.json");
}
