import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK } from "jose";
import type { PublicKeyJwk } from "../../../db/tables/signing-keys.ts";
import type { Seal } from "../../../seal.ts";

const ALGORITHM = "ES256";

/** A new key whose private half is sealed; its id is its thumbprint (RFC 7638). */
export async function makeKeyPair(seal: Seal) {
  const { privateKey, publicKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  const { x, y } = await exportJWK(publicKey);
  if (x === undefined || y === undefined) throw new Error("the key has no coordinates");
  const publicJwk: PublicKeyJwk = { kty: "EC", crv: "P-256", x, y };
  const kid = await calculateJwkThumbprint(publicJwk);
  const sealedPrivateJwk = seal.close(kid, JSON.stringify(await exportJWK(privateKey)));
  return { kid, publicJwk, sealedPrivateJwk };
}

/** @throws Error when it was sealed with another secret */
export async function openPrivateKey(seal: Seal, kid: string, sealed: Buffer): Promise<CryptoKey> {
  const key = await importJWK(JSON.parse(seal.open(kid, sealed)), ALGORITHM);
  if (key instanceof Uint8Array) throw new Error("the signing key is not an ES256 key");
  return key;
}
