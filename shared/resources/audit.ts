import Type from "typebox";
import { defineRoute } from "../route.ts";
import { clientRate, Nullable, nothing, Page, pageQuery, Timestamp } from "./common.ts";

/** Who changed what in a tenant's data, and how. */

const values = Nullable(
  Type.Record(Type.String(), Type.Unknown(), { description: "By column; only what is different" }),
);

export const AuditEntry = Type.Object(
  {
    at: Timestamp,
    collection: Type.String({ description: "What kind of item: `products`" }),
    itemId: Type.String(),
    action: Type.Enum(["create", "update", "delete"]),
    /** Null when it was created. */
    before: values,
    /** Null when it was removed for good. */
    after: values,
    /** Null when it was not in the course of a request. */
    requestId: Nullable(Type.String()),
    subject: Nullable(Type.String()),
    clientId: Nullable(Type.String()),
  },
  { title: "AuditEntry", additionalProperties: false },
);

export const audit = {
  listAuditEntries: defineRoute({
    method: "GET",
    path: "/v1/audit-log",
    tag: "Audit",
    summary: "Who changed what, newest first",
    servedBy: "origin",
    access: { kind: "token", scopes: ["audit:admin"] },
    rate: clientRate,
    cache: { kind: "none" },
    idempotency: { kind: "natural" },
    budgetMs: 5_000,
    request: {
      ...nothing,
      query: pageQuery({
        itemId: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
        subject: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
      }),
    },
    responses: { 200: { description: "A page of changes", schema: Page(AuditEntry), headers: [] } },
    problems: [],
  }),
};
