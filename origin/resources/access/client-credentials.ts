import type { Static } from "typebox";
import type { TokenRequest } from "#shared/resources/access.ts";

export type Credentials = { readonly clientId: string; readonly clientSecret: string };

/** A refusal in the terms of RFC 6749 §5.2. */
export class TokenRefusal extends Error {
  readonly error:
    | "invalid_request"
    | "invalid_client"
    | "unauthorized_client"
    | "unsupported_grant_type"
    | "invalid_scope";

  constructor(error: TokenRefusal["error"], description: string) {
    super(description);
    this.name = "TokenRefusal";
    this.error = error;
  }
}

/**
 * Reads how a client identifies itself: HTTP Basic, or `client_id` and `client_secret` in the body
 * (RFC 6749 §2.3.1), but not both (§2.3).
 * @throws TokenRefusal
 */
export function readCredentials(
  authorization: string | undefined,
  { client_id, client_secret }: Pick<Static<typeof TokenRequest>, "client_id" | "client_secret">,
): Credentials {
  if (authorization === undefined) {
    if (client_id === undefined || client_secret === undefined) {
      throw new TokenRefusal("invalid_client", "send the client's credentials by HTTP Basic or in the body");
    }
    return { clientId: client_id, clientSecret: client_secret };
  }
  if (client_secret !== undefined) {
    throw new TokenRefusal("invalid_request", "send the client's credentials in one way only");
  }
  const credentials = readBasic(authorization);
  if (client_id !== undefined && client_id !== credentials.clientId) {
    throw new TokenRefusal("invalid_request", "client_id is not the client that authenticates");
  }
  return credentials;
}

function readBasic(authorization: string): Credentials {
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(authorization)?.[1];
  const text = encoded === undefined ? "" : Buffer.from(encoded, "base64").toString("utf8");
  const colon = text.indexOf(":");
  if (colon === -1) throw new TokenRefusal("invalid_client", "the Authorization header is not HTTP Basic");
  return { clientId: decode(text.slice(0, colon)), clientSecret: decode(text.slice(colon + 1)) };
}

/** Both parts are form-encoded before they are joined (RFC 6749 §2.3.1, appendix B). */
function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    throw new TokenRefusal("invalid_client", "the credentials are not form-encoded");
  }
}

/**
 * The scopes a token gets: those asked for, or all of the client's (RFC 6749 §3.3).
 * @throws TokenRefusal when more is asked for than the client has
 */
export function grantScopes(requested: string | undefined, allowed: readonly string[]): readonly string[] {
  if (requested === undefined) return allowed;
  const wanted = [...new Set(requested.split(" ").filter((scope) => scope !== ""))];
  const beyond = wanted.find((scope) => !allowed.includes(scope));
  if (beyond !== undefined || wanted.length === 0) {
    throw new TokenRefusal("invalid_scope", `the client may have: ${allowed.join(" ")}`);
  }
  return wanted;
}
