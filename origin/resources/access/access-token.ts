import { SignJWT } from "jose";
import type { TokenConfig } from "../../config.ts";
import type { SigningKeys } from "./signing-keys/signing-keys.ts";

export type TokenSubject = {
  readonly subject: string;
  readonly clientId: string;
  readonly tenantId: string;
  readonly scopes: readonly string[];
  /** Whose quota the edge charges; null: the default. */
  readonly plan: string | null;
  /** `jti`: what the token is revoked by. */
  readonly tokenId: string;
};

/** Signs an access token as RFC 9068 describes it. */
export type SignAccessToken = (subject: TokenSubject) => Promise<string>;

type Options = {
  readonly signingKeys: Pick<SigningKeys, "current">;
  readonly tokens: TokenConfig;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
};

export function accessTokenSigner({ signingKeys, tokens, now }: Options): SignAccessToken {
  return async function sign({ subject, clientId, tenantId, scopes, plan, tokenId }) {
    const issuedAt = Math.floor(now() / 1000);
    const { kid, privateKey } = await signingKeys.current();
    const claims = { client_id: clientId, tenant: tenantId, scope: scopes.join(" ") };
    return new SignJWT(plan === null ? claims : { ...claims, plan })
      .setProtectedHeader({ alg: "ES256", typ: "at+jwt", kid })
      .setIssuer(tokens.issuer)
      .setAudience(tokens.audience)
      .setSubject(subject)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + tokens.lifetimeSeconds)
      .setJti(tokenId)
      .sign(privateKey);
  };
}
