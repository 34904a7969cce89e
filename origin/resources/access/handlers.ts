import { and, eq, sql } from "drizzle-orm";
import { Problem } from "#shared/problems.ts";
import type { access as routes } from "#shared/resources/access.ts";
import { LOGIN_CLIENT_ID } from "#shared/resources/auth.ts";
import type { HandlersOf } from "../../call.ts";
import { prepareRead } from "../../db/read.ts";
import { users } from "../../db/tables/users.ts";
import type { Services } from "../../services.ts";
import { isUuid } from "../../uuid.ts";
import { accessTokenSigner } from "./access-token.ts";
import { clientAuthenticator } from "./authenticate-client.ts";
import { TokenRefusal } from "./client-credentials.ts";
import { createTokenIssuer } from "./token.ts";
import { tokenRevoker } from "./token-revocation.ts";

/** RFC 6749 §5.1: whatever holds a token, or says why there is none, is not kept. */
const NO_STORE = { "cache-control": "no-store" };

export function accessHandlers(services: Services): HandlersOf<typeof routes> {
  const { connections, committed, signingKeys, now } = services;
  const { tokens, developmentPublicKey } = services.config;
  const sign = accessTokenSigner({ signingKeys, tokens, now });
  const authenticate = clientAuthenticator(connections, now);
  const issue = createTokenIssuer({ authenticate, sign });
  const revokeToken = tokenRevoker({ connections, signingKeys, tokens, now });

  const userById = prepareRead(connections, (db, ready) =>
    db
      .select({ email: users.email, role: users.role })
      .from(users)
      .where(and(ready, eq(users.id, sql.placeholder("id"))))
      .limit(1),
  );

  return {
    async issueToken({ headers, body }) {
      try {
        const { token, scopes } = await issue(headers.authorization, body);
        const answer = {
          access_token: token,
          token_type: "Bearer",
          expires_in: tokens.lifetimeSeconds,
          scope: scopes.join(" "),
        } as const;
        return { status: 200, body: answer, headers: NO_STORE };
      } catch (error) {
        if (error instanceof TokenRefusal) return refusalOf(error);
        throw error;
      }
    },

    async revokeToken({ headers, body, requestId }) {
      try {
        const client = await authenticate(headers.authorization, body);
        if (body.token === undefined) throw new TokenRefusal("invalid_request", "token is missing");
        await revokeToken(client, body.token, requestId);
        committed();
        return { status: 200, body: {}, headers: NO_STORE };
      } catch (error) {
        if (error instanceof TokenRefusal) return refusalOf(error);
        throw error;
      }
    },

    async getKeySet() {
      const published = await signingKeys.published();
      const keys = developmentPublicKey === null ? published : [...published, developmentPublicKey];
      return {
        status: 200,
        body: { keys: keys.map((key) => ({ ...key, alg: "ES256" as const, use: "sig" as const })) },
      };
    },

    async getMe({ caller: { subject, clientId, tenantId, scopes } }) {
      // The answer is cached for nobody, so the edge always says whose it is.
      if (subject === null || clientId === null) throw new Problem("invalid-token");
      const isPerson = clientId === LOGIN_CLIENT_ID && isUuid(subject);
      const [user] = isPerson ? await userById.execute({ tenant: tenantId, id: subject }) : [];
      const { email, roles } = user === undefined ? NO_USER : { email: user.email, roles: [user.role] };
      return { status: 200, body: { subject, clientId, tenantId, scopes: [...scopes], roles, email } };
    },
  };
}

const NO_USER = { email: null, roles: [] };

function refusalOf({ error, message }: TokenRefusal) {
  const body = { error, error_description: message };
  if (error !== "invalid_client") return { status: 400, body, headers: NO_STORE } as const;
  const challenge = { "www-authenticate": 'Basic realm="gatehouse", charset="UTF-8"' };
  return { status: 401, body, headers: { ...NO_STORE, ...challenge } } as const;
}
