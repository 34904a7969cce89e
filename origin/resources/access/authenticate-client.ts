import { and, eq, sql } from "drizzle-orm";
import type { Connections } from "../../db/client.ts";
import { prepareClientRead } from "../../db/read.ts";
import { apiClients } from "../../db/tables/api-clients.ts";
import { isUuid } from "../../uuid.ts";
import { type Credentials, readCredentials, TokenRefusal } from "./client-credentials.ts";
import { secretMatches } from "./clients/secret.ts";

export type Client = {
  readonly clientId: string;
  readonly tenantId: string;
  readonly scopes: readonly string[];
  readonly plan: string | null;
};

/**
 * The client whose credentials came with a request (RFC 6749 §2.3.1).
 * @throws TokenRefusal
 */
export type AuthenticateClient = (
  authorization: string | undefined,
  body: Parameters<typeof readCredentials>[1],
) => Promise<Client>;

/** @param now milliseconds since the epoch */
export function clientAuthenticator(connections: Connections, now: () => number): AuthenticateClient {
  const find = findClient(connections, now);
  return async (authorization, body) => find(readCredentials(authorization, body));
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
