import Type from "typebox";
import { defineRoute } from "../route.ts";
import { clientRate, Id, json, nothing, Page, pageQuery } from "./common.ts";
import {
  Import,
  ImportComplete,
  ImportCreate,
  ImportError,
  ImportPart,
  ImportState,
  ImportSummary,
} from "./import-schemas.ts";
import { ProductImportLine } from "./product-import.ts";

const params = Type.Object({ importId: Id }, { additionalProperties: false });
const read = { kind: "token", scopes: ["catalog:read"] } as const;
const write = { kind: "token", scopes: ["catalog:write"] } as const;

/** Imports of products too large for one request, or for a connection that may break. */
export const imports = {
  createImport: defineRoute({
    method: "POST",
    path: "/v1/imports",
    tag: "Imports",
    summary: "Begin an import of products, whose parts are sent next",
    servedBy: "origin",
    access: write,
    rate: clientRate,
    cache: { kind: "none" },
    idempotency: { kind: "key", required: false },
    budgetMs: 10_000,
    request: { ...nothing, body: json(ImportCreate, 4_096) },
    responses: { 201: { description: "Begun", schema: Import, headers: ["etag", "location"] } },
    problems: [],
  }),

  listImports: defineRoute({
    method: "GET",
    path: "/v1/imports",
    tag: "Imports",
    summary: "List imports, newest first",
    servedBy: "origin",
    access: read,
    rate: clientRate,
    cache: { kind: "none" },
    idempotency: { kind: "natural" },
    budgetMs: 5_000,
    request: { ...nothing, query: pageQuery({ state: Type.Optional(ImportState) }) },
    responses: { 200: { description: "A page of imports", schema: Page(ImportSummary), headers: [] } },
    problems: [],
  }),

  getImport: defineRoute({
    method: "GET",
    path: "/v1/imports/:importId",
    tag: "Imports",
    summary: "Read how far an import and each of its parts is",
    servedBy: "origin",
    access: read,
    rate: clientRate,
    cache: { kind: "none" },
    idempotency: { kind: "natural" },
    budgetMs: 5_000,
    request: { ...nothing, params },
    responses: { 200: { description: "The import", schema: Import, headers: ["etag"] } },
    problems: ["not-found"],
  }),

  listImportErrors: defineRoute({
    method: "GET",
    path: "/v1/imports/:importId/errors",
    tag: "Imports",
    summary: "List why lines were refused: the first 1,000 reasons, in the order they were found",
    servedBy: "origin",
    access: read,
    rate: clientRate,
    cache: { kind: "none" },
    idempotency: { kind: "natural" },
    budgetMs: 5_000,
    request: { ...nothing, params, query: pageQuery() },
    responses: { 200: { description: "A page of errors", schema: Page(ImportError), headers: [] } },
    problems: ["not-found"],
  }),

  sendImportPart: defineRoute({
    method: "POST",
    path: "/v1/imports/:importId/parts/:number",
    tag: "Imports",
    summary: "Send a part, or send it again: lines that have been dealt with are skipped",
    servedBy: "origin",
    access: write,
    rate: { ...clientRate, cost: 10 },
    cache: { kind: "none" },
    idempotency: {
      kind: "exempt",
      reason: "how far a part is, is stored with its lines: a repetition goes on from there",
    },
    budgetMs: 300_000,
    request: {
      ...nothing,
      params: Type.Object(
        { ...params.properties, number: ImportPart.properties.number },
        { additionalProperties: false },
      ),
      body: { kind: "ndjson", line: ProductImportLine, maxBytes: 50 * 1024 * 1024 },
    },
    responses: { 200: { description: "The part, complete", schema: ImportPart, headers: [] } },
    problems: ["not-found", "conflict", "unprocessable"],
  }),

  completeImport: defineRoute({
    method: "POST",
    path: "/v1/imports/:importId/complete",
    tag: "Imports",
    summary: "Say that all parts were sent: no more are taken",
    servedBy: "origin",
    access: write,
    rate: clientRate,
    cache: { kind: "none" },
    idempotency: { kind: "exempt", reason: "what is completed is completed: a repetition changes nothing" },
    budgetMs: 10_000,
    request: { ...nothing, params, body: json(ImportComplete, 4_096) },
    responses: { 200: { description: "The import, completed", schema: Import, headers: ["etag"] } },
    problems: ["not-found", "conflict"],
  }),
};
