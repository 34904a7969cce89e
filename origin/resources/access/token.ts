import { createHash, randomUUID, timingSafeEqual } from "node:crypto";
import { and, eq, sql } from "drizzle-orm";
import { SignJWT } from "jose";
import type { Static } from "typebox";
import type { TokenRequest } from "#shared/resources/access.ts";
import type { TokenConfig } from "../../config.ts";
import type { Connections } from "../../db/client.ts";
import { prepareClientRead } from "../../db/read.ts";
import { apiClients } from "../../db/tables/api-clients.ts";
import { type Credentials, grantScopes, readCredentials, TokenRefusal } from "./client-credentials.ts";
import type { SigningKeys } from "./signing-keys.ts";

export type IssuedToken = { readonly token: string; readonly scopes: readonly string[] };

type Client = { readonly clientId: string; readonly tenantId: string; readonly scopes: readonly string[] };

export type TokenIssuer = (
  authorization: string | undefined,
  body: Static<typeof TokenRequest>,
) => Promise<IssuedToken>;

type Options = {
  readonly connections: Connections;
  readonly signingKeys: SigningKeys;
  readonly tokens: TokenConfig;
  readonly now: () => number;
};

/** Issues access tokens to clients (RFC 6749 §4.4) as RFC 9068 describes them. Throws TokenRefusal. */
export function createTokenIssuer({ connections, signingKeys, tokens, now }: Options): TokenIssuer {
  const find = findClient(connections);

  return async function issue(authorization, body) {
    if (body.grant_type === undefined) throw new TokenRefusal("invalid_request", "grant_type is missing");
    if (body.grant_type !== "client_credentials") {
      throw new TokenRefusal("unsupported_grant_type", "grant_type must be client_credentials");
    }
    const client = await find(readCredentials(authorization, body));
    const scopes = grantScopes(body.scope, client.scopes);
    const issuedAt = Math.floor(now() / 1000);
    const { kid, privateKey } = await signingKeys.current();
    const token = await new SignJWT({
      client_id: client.clientId,
      tenant: client.tenantId,
      scope: scopes.join(" "),
    })
      .setProtectedHeader({ alg: "ES256", typ: "at+jwt", kid })
      .setIssuer(tokens.issuer)
      .setAudience(tokens.audience)
      .setSubject(client.clientId)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + tokens.lifetimeSeconds)
      .setJti(randomUUID())
      .sign(privateKey);
    return { token, scopes };
  };
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Compared with when there is no such client, so that the answer takes as long. */
const NO_HASH = Buffer.alloc(32);

function findClient(connections: Connections): (credentials: Credentials) => Promise<Client> {
  const byId = prepareClientRead(connections, (db, ready) =>
    db
      .select({
        tenantId: apiClients.tenantId,
        secretHash: apiClients.secretHash,
        scopes: apiClients.scopes,
      })
      .from(apiClients)
      .where(and(ready, eq(apiClients.clientId, sql.placeholder("clientId")), eq(apiClients.disabled, false)))
      .limit(1),
  );

  return async function find({ clientId, clientSecret }) {
    const rows = UUID.test(clientId) ? await byId.execute({ client: clientId, clientId }) : [];
    const [client] = rows;
    const hash = createHash("sha256").update(clientSecret).digest();
    const matches = timingSafeEqual(hash, client?.secretHash ?? NO_HASH);
    if (client === undefined || !matches) {
      throw new TokenRefusal("invalid_client", "the client is unknown, or its secret is wrong");
    }
    return { clientId, tenantId: client.tenantId, scopes: client.scopes };
  };
}
