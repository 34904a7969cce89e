import { createHmac, createSecretKey, hkdfSync, type KeyObject, timingSafeEqual } from "node:crypto";
import type { SecretList } from "#shared/environment.ts";

/** What a refresh token says: the session, and which of its tokens it is. */
export type RefreshClaims = {
  readonly tenantId: string;
  readonly sessionId: string;
  /** Counts from 1; the database knows which one is good. */
  readonly generation: number;
};

export type RefreshTokens = {
  readonly seal: (claims: RefreshClaims) => string;
  /** Null when it is not one that we made. */
  readonly open: (token: string) => RefreshClaims | null;
};

const ID_BYTES = 16;
const CLAIM_BYTES = 2 * ID_BYTES + 4;
const MAC_BYTES = 32;

/**
 * Refresh tokens authenticated by HMAC-SHA256 under a key of their own (HKDF, RFC 5869). So nothing in
 * the database is worth stealing, a forged token never gets there, and a used one is recognised however
 * old it is without keeping a list.
 * @param secrets the first one seals; tokens of all of them open
 */
export function createRefreshTokens(secrets: SecretList): RefreshTokens {
  const keyOf = (secret: string) =>
    createSecretKey(Buffer.from(hkdfSync("sha256", secret, "", "gatehouse refresh tokens", 32)));
  const current = keyOf(secrets[0]);
  const keys = [current, ...secrets.slice(1).map(keyOf)];
  const macOf = (claims: Buffer, key: KeyObject) => createHmac("sha256", key).update(claims).digest();

  return {
    seal({ tenantId, sessionId, generation }) {
      const claims = Buffer.alloc(CLAIM_BYTES);
      claims.write(tenantId.replaceAll("-", ""), 0, "hex");
      claims.write(sessionId.replaceAll("-", ""), ID_BYTES, "hex");
      claims.writeUInt32BE(generation, 2 * ID_BYTES);
      return Buffer.concat([claims, macOf(claims, current)]).toString("base64url");
    },

    open(token) {
      const bytes = Buffer.from(token, "base64url");
      const isWhole = bytes.length === CLAIM_BYTES + MAC_BYTES && bytes.toString("base64url") === token;
      const claims = bytes.subarray(0, CLAIM_BYTES);
      const mac = bytes.subarray(CLAIM_BYTES);
      if (!isWhole || !keys.some((key) => timingSafeEqual(mac, macOf(claims, key)))) return null;
      return {
        tenantId: uuidOf(claims.subarray(0, ID_BYTES)),
        sessionId: uuidOf(claims.subarray(ID_BYTES, 2 * ID_BYTES)),
        generation: claims.readUInt32BE(2 * ID_BYTES),
      };
    },
  };
}

function uuidOf(bytes: Buffer): string {
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
