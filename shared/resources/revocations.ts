import Type, { type Static } from "typebox";
import { defineRoute } from "../route.ts";
import { clientRate, json, Nullable, nothing, Timestamp } from "./common.ts";

/** Revocation: tokens that are refused although they have not expired. */

export const NewRevocation = Type.Object(
  {
    kind: Type.Enum(["client", "subject", "token"], {
      description:
        "What `id` is: the token's `client_id`, `sub` or `jti`, as `GET /v1/me` and the logs name it",
    }),
    id: Type.String({ minLength: 1, maxLength: 256 }),
  },
  { title: "NewRevocation", additionalProperties: false },
);

export const Revocation = Type.Object(
  {
    kind: Type.Enum(["client", "subject", "token"]),
    id: Type.String(),
    /** Tokens issued before are refused; null for a single token, which is refused for good. */
    revokedBefore: Nullable(Timestamp),
    /** When the last of them has expired by itself, and the revocation is forgotten. */
    expiresAt: Timestamp,
  },
  { title: "Revocation", additionalProperties: false },
);
export type Revocation = Static<typeof Revocation>;

export const revocations = {
  createRevocation: defineRoute({
    method: "POST",
    path: "/v1/revocations",
    tag: "Access",
    summary: "Refuse the tokens that a client or a subject has so far, or a single one",
    servedBy: "origin",
    access: { kind: "token", scopes: ["access:admin"] },
    rate: clientRate,
    cache: { kind: "none" },
    idempotency: { kind: "key", required: false },
    budgetMs: 10_000,
    request: { ...nothing, body: json(NewRevocation, 4_096) },
    responses: { 200: { description: "The tokens are refused", schema: Revocation, headers: [] } },
    problems: [],
  }),
};
