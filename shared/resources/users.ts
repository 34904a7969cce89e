import Type, { type Static } from "typebox";
import { ROLES } from "../roles.ts";
import { defineRoute } from "../route.ts";
import {
  clientRate,
  Id,
  ifMatch,
  json,
  mergePatch,
  nothing,
  Page,
  pageQuery,
  Timestamp,
  Version,
} from "./common.ts";

/** People of a tenant, as its administrators see them. */

export const RoleName = Type.Enum(ROLES);

/** The addresses that are in use: printable ASCII, at most 254 characters (RFC 5321 §4.5.3.1). */
export const Email = Type.String({
  pattern: "^(?=.{3,254}$)[\\x21-\\x3f\\x41-\\x7e]{1,64}@[A-Za-z0-9-]+(?:\\.[A-Za-z0-9-]+)*$",
  description: "An email address; case does not matter",
});

/** NIST SP 800-63B §3.1.1: long enough, and no rules on what it is made of. */
export const NewPassword = Type.String({ minLength: 12, maxLength: 200 });

export const User = Type.Object(
  {
    id: Id,
    email: Email,
    role: RoleName,
    disabled: Type.Boolean(),
    version: Version,
    createdAt: Timestamp,
    updatedAt: Timestamp,
  },
  { title: "User", additionalProperties: false },
);
export type User = Static<typeof User>;

export const UserCreate = Type.Object(
  { email: Email, role: RoleName, password: NewPassword },
  { title: "UserCreate", additionalProperties: false },
);

export const UserUpdate = Type.Object(
  { role: Type.Optional(RoleName), disabled: Type.Optional(Type.Boolean()) },
  { title: "UserUpdate", additionalProperties: false },
);
export type UserUpdate = Static<typeof UserUpdate>;

export const PasswordChange = Type.Object(
  { password: NewPassword },
  { title: "PasswordChange", additionalProperties: false },
);

const access = { kind: "token", scopes: ["users:admin"] } as const;
const params = Type.Object({ userId: Id }, { additionalProperties: false });

export const users = {
  listUsers: defineRoute({
    method: "GET",
    path: "/v1/users",
    tag: "Users",
    summary: "List users, newest first",
    servedBy: "origin",
    access,
    rate: clientRate,
    cache: { kind: "none" },
    idempotency: { kind: "natural" },
    budgetMs: 5_000,
    request: { ...nothing, query: pageQuery() },
    responses: { 200: { description: "A page of users", schema: Page(User), headers: [] } },
    problems: [],
  }),

  getUser: defineRoute({
    method: "GET",
    path: "/v1/users/:userId",
    tag: "Users",
    summary: "Read one user",
    servedBy: "origin",
    access,
    rate: clientRate,
    cache: { kind: "none" },
    idempotency: { kind: "natural" },
    budgetMs: 5_000,
    request: { ...nothing, params },
    responses: { 200: { description: "The user", schema: User, headers: ["etag"] } },
    problems: ["not-found"],
  }),

  createUser: defineRoute({
    method: "POST",
    path: "/v1/users",
    tag: "Users",
    summary: "Create a user",
    servedBy: "origin",
    access,
    rate: clientRate,
    cache: { kind: "none" },
    idempotency: {
      kind: "exempt",
      reason: "a stored fingerprint would be a fast hash of the password; the email is unique anyway",
    },
    budgetMs: 5_000,
    request: { ...nothing, body: json(UserCreate, 4_096) },
    responses: { 201: { description: "Created", schema: User, headers: ["etag", "location"] } },
    problems: ["conflict"],
  }),

  updateUser: defineRoute({
    method: "PATCH",
    path: "/v1/users/:userId",
    tag: "Users",
    summary: "Change a user's role, disable or enable the account",
    servedBy: "origin",
    access,
    rate: clientRate,
    cache: { kind: "none" },
    idempotency: { kind: "key", required: false },
    budgetMs: 5_000,
    request: { ...nothing, params, headers: ifMatch, body: mergePatch(UserUpdate, 1_024) },
    responses: { 200: { description: "The user as it is now", schema: User, headers: ["etag"] } },
    problems: ["not-found", "precondition-failed", "conflict"],
  }),

  setUserPassword: defineRoute({
    method: "PUT",
    path: "/v1/users/:userId/password",
    tag: "Users",
    summary: "Set a user's password; every session of theirs ends",
    servedBy: "origin",
    access,
    rate: clientRate,
    cache: { kind: "none" },
    idempotency: { kind: "natural" },
    budgetMs: 5_000,
    request: { ...nothing, params, body: json(PasswordChange, 4_096) },
    responses: { 204: { description: "Set", schema: null, headers: [] } },
    problems: ["not-found"],
  }),
};
