import { randomUUID } from "node:crypto";
import type { Static } from "typebox";
import type { TokenRequest } from "#shared/resources/access.ts";
import type { SignAccessToken } from "./access-token.ts";
import type { AuthenticateClient } from "./authenticate-client.ts";
import { grantScopes, TokenRefusal } from "./client-credentials.ts";

export type IssuedToken = { readonly token: string; readonly scopes: readonly string[] };

export type TokenIssuer = (
  authorization: string | undefined,
  body: Static<typeof TokenRequest>,
) => Promise<IssuedToken>;

type Options = {
  readonly authenticate: AuthenticateClient;
  readonly sign: SignAccessToken;
};

/** Issues access tokens to clients (RFC 6749 §4.4). Throws TokenRefusal. */
export function createTokenIssuer({ authenticate, sign }: Options): TokenIssuer {
  return async function issue(authorization, body) {
    if (body.grant_type === undefined) throw new TokenRefusal("invalid_request", "grant_type is missing");
    if (body.grant_type !== "client_credentials") {
      throw new TokenRefusal("unsupported_grant_type", "grant_type must be client_credentials");
    }
    const { clientId, tenantId, scopes: allowed, plan } = await authenticate(authorization, body);
    const scopes = grantScopes(body.scope, allowed);
    const token = await sign({ subject: clientId, clientId, tenantId, scopes, plan, tokenId: randomUUID() });
    return { token, scopes };
  };
}
