import Type, { type Static } from "typebox";
import { defineRoute } from "../route.ts";
import { addressRate, clientRate, json, nothing, Timestamp } from "./common.ts";
import { NewPassword } from "./users.ts";

/** How people come in: login, and the refresh tokens that follow from it. */

/** The `client_id` of tokens that a login gave. API clients have a UUID, so none can have this one. */
export const LOGIN_CLIENT_ID = "gatehouse-login";

export const Login = Type.Object(
  {
    tenant: Type.String({ minLength: 1, maxLength: 100, description: "The tenant's slug" }),
    email: Type.String({ minLength: 1, maxLength: 254 }),
    password: Type.String({ minLength: 1, maxLength: 200 }),
  },
  { title: "Login", additionalProperties: false },
);
export type Login = Static<typeof Login>;

export const RefreshRequest = Type.Object(
  { refreshToken: Type.String({ minLength: 1, maxLength: 200 }) },
  { title: "RefreshRequest", additionalProperties: false },
);

export const Session = Type.Object(
  {
    accessToken: Type.String(),
    tokenType: Type.Literal("Bearer"),
    expiresInSeconds: Type.Integer(),
    scopes: Type.Array(Type.String()),
    refreshToken: Type.String({ description: "Good for one use: the answer to it has the next one" }),
    /** When the session ends, however often it is refreshed. */
    sessionExpiresAt: Timestamp,
  },
  { title: "Session", additionalProperties: false },
);
export type Session = Static<typeof Session>;

export const OwnPasswordChange = Type.Object(
  { currentPassword: Type.String({ minLength: 1, maxLength: 200 }), newPassword: NewPassword },
  { title: "OwnPasswordChange", additionalProperties: false },
);

const HOLDS_TOKENS = "its answer holds tokens, which must not be stored for a replay";

/** Guessing a password has to be slow; what counts by account is at the origin. */
const loginRate = addressRate("login");
const tokenRate = addressRate("token");

const refreshBody = json(RefreshRequest, 1_024);

export const auth = {
  login: defineRoute({
    method: "POST",
    path: "/v1/auth/login",
    tag: "Access",
    summary: "Log in with email and password",
    servedBy: "origin",
    access: { kind: "public" },
    rate: loginRate,
    cache: { kind: "none" },
    idempotency: { kind: "exempt", reason: HOLDS_TOKENS },
    budgetMs: 5_000,
    request: { ...nothing, body: json(Login, 4_096) },
    responses: { 200: { description: "A session has begun", schema: Session, headers: [] } },
    problems: ["invalid-credentials"],
  }),

  refreshSession: defineRoute({
    method: "POST",
    path: "/v1/auth/refresh",
    tag: "Access",
    summary: "Exchange a refresh token for the next one and an access token",
    servedBy: "origin",
    access: { kind: "public" },
    rate: tokenRate,
    cache: { kind: "none" },
    idempotency: { kind: "exempt", reason: HOLDS_TOKENS },
    budgetMs: 5_000,
    request: { ...nothing, body: refreshBody },
    responses: { 200: { description: "The session goes on", schema: Session, headers: [] } },
    problems: ["invalid-credentials"],
  }),

  logout: defineRoute({
    method: "POST",
    path: "/v1/auth/logout",
    tag: "Access",
    summary: "End the session of a refresh token",
    servedBy: "origin",
    access: { kind: "public" },
    rate: tokenRate,
    cache: { kind: "none" },
    idempotency: {
      kind: "exempt",
      reason: "a session that has ended stays so, however often it is asked for",
    },
    budgetMs: 5_000,
    request: { ...nothing, body: refreshBody },
    responses: { 204: { description: "There is no such session any more", schema: null, headers: [] } },
    problems: [],
  }),

  changeOwnPassword: defineRoute({
    method: "POST",
    path: "/v1/me/password",
    tag: "Access",
    summary: "Change your password; every session of yours ends, this one too",
    servedBy: "origin",
    access: { kind: "token", scopes: [] },
    rate: clientRate,
    cache: { kind: "none" },
    idempotency: {
      kind: "exempt",
      reason:
        "a stored fingerprint would be a fast hash of the passwords; the second time the old one is wrong",
    },
    budgetMs: 5_000,
    request: { ...nothing, body: json(OwnPasswordChange, 4_096) },
    responses: { 204: { description: "Changed", schema: null, headers: [] } },
    problems: ["unprocessable"],
  }),
};
