import { randomUUID } from "node:crypto";
import { and, eq, sql } from "drizzle-orm";
import type { Static } from "typebox";
import type { TokenRequest } from "#shared/resources/access.ts";
import type { Connections } from "../../db/client.ts";
import { prepareClientRead } from "../../db/read.ts";
import { apiClients } from "../../db/tables/api-clients.ts";
import { isUuid } from "../../uuid.ts";
import type { SignAccessToken } from "./access-token.ts";
import { type Credentials, grantScopes, readCredentials, TokenRefusal } from "./client-credentials.ts";
import { secretMatches } from "./clients/secret.ts";

export type IssuedToken = { readonly token: string; readonly scopes: readonly string[] };

type Client = {
  readonly clientId: string;
  readonly tenantId: string;
  readonly scopes: readonly string[];
  readonly plan: string | null;
};

export type TokenIssuer = (
  authorization: string | undefined,
  body: Static<typeof TokenRequest>,
) => Promise<IssuedToken>;

type Options = {
  readonly connections: Connections;
  readonly sign: SignAccessToken;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
};

/** Issues access tokens to clients (RFC 6749 §4.4). Throws TokenRefusal. */
export function createTokenIssuer({ connections, sign, now }: Options): TokenIssuer {
  const find = findClient(connections, now);

  return async function issue(authorization, body) {
    if (body.grant_type === undefined) throw new TokenRefusal("invalid_request", "grant_type is missing");
    if (body.grant_type !== "client_credentials") {
      throw new TokenRefusal("unsupported_grant_type", "grant_type must be client_credentials");
    }
    const { clientId, tenantId, scopes: allowed, plan } = await find(readCredentials(authorization, body));
    const scopes = grantScopes(body.scope, allowed);
    const token = await sign({ subject: clientId, clientId, tenantId, scopes, plan, tokenId: randomUUID() });
    return { token, scopes };
  };
}

/** Looked up for what cannot be a client's id, so that the answer takes as long. */
const NO_CLIENT = "00000000-0000-0000-0000-000000000000";

function findClient(
  connections: Connections,
  now: () => number,
): (credentials: Credentials) => Promise<Client> {
  const byId = prepareClientRead(connections, (db, ready) =>
    db
      .select({
        tenantId: apiClients.tenantId,
        secretHash: apiClients.secretHash,
        previousSecretHash: apiClients.previousSecretHash,
        previousSecretExpiresAt: apiClients.previousSecretExpiresAt,
        scopes: apiClients.scopes,
        plan: apiClients.plan,
      })
      .from(apiClients)
      .where(and(ready, eq(apiClients.clientId, sql.placeholder("clientId")), eq(apiClients.disabled, false)))
      .limit(1),
  );

  return async function find(presented) {
    const clientId = isUuid(presented.clientId) ? presented.clientId : NO_CLIENT;
    const [client] = await byId.execute({ client: clientId, clientId });
    const matches = secretMatches(presented.clientSecret, client ?? null, now());
    if (client === undefined || !matches) {
      throw new TokenRefusal("invalid_client", "the client is unknown, or its secret is wrong");
    }
    return { clientId, tenantId: client.tenantId, scopes: client.scopes, plan: client.plan };
  };
}
