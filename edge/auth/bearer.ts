import { Problem } from "#shared/problems.ts";

/** Tokens longer than this are refused unread. */
export const MAX_TOKEN_LENGTH = 8192;

// The scheme is case-insensitive (RFC 9110 §11.1); the token is b64token (RFC 6750 §2.1). Several
// Authorization headers arrive joined by a comma, which b64token does not contain.
const BEARER = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i;

/** The longest spelling of a header by which a token is remembered. */
export const MAX_CREDENTIALS_LENGTH = credentialsOf("").length + MAX_TOKEN_LENGTH;

/** The usual one of the many spellings that the header of a token may have. */
export function credentialsOf(token: string): string {
  return `Bearer ${token}`;
}

/**
 * Reads the token of an `Authorization` header.
 * @throws Problem `malformed-authorization`; the value is never repeated to anyone
 */
export function bearerToken(authorization: string): string {
  const token = BEARER.exec(authorization)?.[1];
  if (token !== undefined && token.length <= MAX_TOKEN_LENGTH) return token;
  throw new Problem(
    "malformed-authorization",
    { detail: "send one header `Authorization: Bearer <token>`" },
    { "www-authenticate": 'Bearer error="invalid_request"' },
  );
}
