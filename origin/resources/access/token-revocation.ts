import { createLocalJWKSet, type JWTPayload, jwtVerify } from "jose";
import type { TokenConfig } from "../../config.ts";
import type { Connections } from "../../db/client.ts";
import { inTransaction } from "../../db/write.ts";
import type { Client } from "./authenticate-client.ts";
import { TokenRefusal } from "./client-credentials.ts";
import { revoke } from "./revoke.ts";
import type { SigningKeys } from "./signing-keys/signing-keys.ts";

type Options = {
  readonly connections: Connections;
  readonly signingKeys: Pick<SigningKeys, "published">;
  readonly tokens: TokenConfig;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
};

/** Revokes one token that a client was given (RFC 7009 §2.1). Throws TokenRefusal for another's. */
export type RevokeToken = (client: Client, token: string, requestId: string) => Promise<void>;

export function tokenRevoker({ connections, signingKeys, tokens, now }: Options): RevokeToken {
  /** Null for what nobody would accept anyway, which is no error (§2.2). */
  async function read(token: string): Promise<JWTPayload | null> {
    const keys = (await signingKeys.published()).map((key) => ({ ...key, alg: "ES256" }));
    const { issuer, audience } = tokens;
    const expected = { issuer, audience, typ: "at+jwt", algorithms: ["ES256"], currentDate: new Date(now()) };
    const verified = await jwtVerify(token, createLocalJWKSet({ keys }), expected).catch(() => null);
    return verified?.payload ?? null;
  }

  return async function revokeToken({ clientId, tenantId }, token, requestId) {
    const payload = await read(token);
    if (payload?.jti === undefined || payload.exp === undefined) return;
    if (payload["client_id"] !== clientId || payload["tenant"] !== tenantId) {
      throw new TokenRefusal("unauthorized_client", "the token was given to another client");
    }
    const target = { kind: "token", id: payload.jti, expiresAt: payload.exp } as const;
    const actor = { requestId, subject: clientId, clientId };
    await inTransaction(connections, tenantId, (tx) => revoke(tx, tenantId, target), actor);
  };
}
