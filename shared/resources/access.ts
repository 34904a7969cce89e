import Type, { type Static } from "typebox";
import type { CachePolicy } from "../policy.ts";
import { defineRoute } from "../route.ts";
import { addressRate, clientRate, Id, Nullable, nothing } from "./common.ts";
import { RoleName } from "./users.ts";

/** Tokens: how a client gets one, how its signature is checked, what it says. */

/** RFC 6749 §4.4.2. The client may authenticate by HTTP Basic or in the body (§2.3.1). */
export const TokenRequest = Type.Object(
  {
    /** `client_credentials`; anything else is refused in the terms of RFC 6749 §5.2, hence no literal. */
    grant_type: Type.Optional(Type.String({ maxLength: 100, description: "client_credentials" })),
    scope: Type.Optional(Type.String({ maxLength: 1000 })),
    client_id: Type.Optional(Type.String({ maxLength: 200 })),
    client_secret: Type.Optional(Type.String({ maxLength: 200 })),
  },
  // RFC 6749 §3.2: unrecognised parameters are ignored.
  { title: "TokenRequest", additionalProperties: true },
);

/** RFC 7009 §2.1. The client authenticates as it does to get a token. */
export const TokenRevocation = Type.Object(
  {
    token: Type.Optional(Type.String({ maxLength: 8_000, description: "An access token of this client" })),
    /** Nothing but access tokens can be meant. */
    token_type_hint: Type.Optional(Type.String({ maxLength: 100 })),
    client_id: Type.Optional(Type.String({ maxLength: 200 })),
    client_secret: Type.Optional(Type.String({ maxLength: 200 })),
  },
  { title: "TokenRevocation", additionalProperties: true },
);

/** RFC 7009 §2.2 has nothing to say in it. */
export const Revoked = Type.Object({}, { title: "Revoked", additionalProperties: false });

/** RFC 6749 §5.1. */
export const TokenResponse = Type.Object(
  {
    access_token: Type.String(),
    token_type: Type.Literal("Bearer"),
    expires_in: Type.Integer({ description: "Seconds" }),
    scope: Type.String(),
  },
  { title: "TokenResponse", additionalProperties: false },
);

/** RFC 6749 §5.2. */
export const TokenError = Type.Object(
  {
    error: Type.Enum([
      "invalid_request",
      "invalid_client",
      "unauthorized_client",
      "unsupported_grant_type",
      "invalid_scope",
    ]),
    error_description: Type.String(),
  },
  { title: "TokenError", additionalProperties: false },
);

/** A JWK Set of public ES256 keys (RFC 7517 §5, RFC 7518 §6.2.1). */
export const KeySet = Type.Object(
  {
    keys: Type.Array(
      Type.Object(
        {
          kty: Type.Literal("EC"),
          crv: Type.Literal("P-256"),
          x: Type.String(),
          y: Type.String(),
          kid: Type.String(),
          alg: Type.Literal("ES256"),
          use: Type.Literal("sig"),
        },
        { additionalProperties: false },
      ),
    ),
  },
  { title: "KeySet", additionalProperties: false },
);

export const Me = Type.Object(
  {
    subject: Type.String(),
    clientId: Type.String(),
    tenantId: Id,
    scopes: Type.Array(Type.String()),
    /** Of people who log in here; a client has none, and somebody from another issuer neither. */
    roles: Type.Array(RoleName),
    email: Nullable(Type.String()),
  },
  { title: "Me", additionalProperties: false },
);
export type Me = Static<typeof Me>;

const keySetCache = {
  kind: "shared",
  partition: "everyone",
  shows: { kind: "static" },
  maxAgeSeconds: 60,
  staleWhileRevalidateSeconds: 60,
  staleIfErrorSeconds: 3_600,
  blindMaxAgeSeconds: 60,
  notFoundMaxAgeSeconds: 5,
} as const satisfies CachePolicy;

const oauthHeaders = Type.Object({ authorization: Type.Optional(Type.String({ maxLength: 1000 })) });

export const access = {
  issueToken: defineRoute({
    method: "POST",
    path: "/v1/oauth/token",
    tag: "Access",
    summary: "Exchange client credentials for an access token",
    servedBy: "origin",
    access: { kind: "public" },
    rate: addressRate("token"),
    cache: { kind: "none" },
    idempotency: { kind: "exempt", reason: "it answers a secret, which must not be stored for a replay" },
    budgetMs: 5_000,
    request: {
      ...nothing,
      headers: oauthHeaders,
      body: { kind: "form", schema: TokenRequest, maxBytes: 8_192, refusals: "rfc6749" },
    },
    responses: {
      200: { description: "A token", schema: TokenResponse, headers: [] },
      400: { description: "The request is refused", schema: TokenError, headers: [] },
      401: { description: "The client is not known", schema: TokenError, headers: ["www-authenticate"] },
    },
    problems: [],
  }),

  revokeToken: defineRoute({
    method: "POST",
    path: "/v1/oauth/revoke",
    tag: "Access",
    summary: "Have a token of one's own refused from now on",
    servedBy: "origin",
    access: { kind: "public" },
    rate: addressRate("token"),
    cache: { kind: "none" },
    idempotency: {
      kind: "exempt",
      reason: "a token that is revoked stays so, however often it is asked for",
    },
    budgetMs: 5_000,
    request: {
      ...nothing,
      headers: oauthHeaders,
      body: { kind: "form", schema: TokenRevocation, maxBytes: 16_384, refusals: "rfc6749" },
    },
    responses: {
      200: { description: "It is refused within 5 s, or was no good anyway", schema: Revoked, headers: [] },
      400: { description: "The request is refused", schema: TokenError, headers: [] },
      401: { description: "The client is not known", schema: TokenError, headers: ["www-authenticate"] },
    },
    problems: [],
  }),

  getKeySet: defineRoute({
    method: "GET",
    path: "/.well-known/jwks.json",
    tag: "Access",
    summary: "The public keys that tokens are signed with",
    servedBy: "origin",
    access: { kind: "public" },
    rate: addressRate("anonymous"),
    cache: keySetCache,
    idempotency: { kind: "natural" },
    budgetMs: 5_000,
    request: nothing,
    responses: { 200: { description: "A JWK Set", schema: KeySet, headers: [] } },
    problems: [],
  }),

  getMe: defineRoute({
    method: "GET",
    path: "/v1/me",
    tag: "Access",
    summary: "Who you are, and what you may do",
    servedBy: "origin",
    access: { kind: "token", scopes: [] },
    rate: clientRate,
    cache: { kind: "none" },
    idempotency: { kind: "natural" },
    budgetMs: 5_000,
    request: nothing,
    responses: { 200: { description: "You", schema: Me, headers: [] } },
    problems: [],
  }),
};
