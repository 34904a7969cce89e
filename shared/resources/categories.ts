import Type, { type Static } from "typebox";
import { defineRoute } from "../route.ts";
import {
  clientRate,
  Id,
  ifMatch,
  json,
  mergePatch,
  Nullable,
  nothing,
  onceByIfMatch,
  Page,
  pageQuery,
  Timestamp,
  tenantCache,
  Version,
} from "./common.ts";

/** The most levels that a tree has: as many names as the path of an imported product, so that an export fits. */
export const MAX_DEPTH = 100;

const name = Type.String({ minLength: 1, maxLength: 200 });

/** A node of the tenant's category tree. */
export const Category = Type.Object(
  {
    id: Id,
    /** Null: a root. */
    parentId: Nullable(Id),
    /** Unique among the children of one parent. */
    name,
    version: Version,
    createdAt: Timestamp,
    updatedAt: Timestamp,
  },
  { title: "Category", additionalProperties: false },
);
export type Category = Static<typeof Category>;

export const CategoryCreate = Type.Object(
  { name, parentId: Type.Optional(Nullable(Id)) },
  { title: "CategoryCreate", additionalProperties: false },
);
export type CategoryCreate = Static<typeof CategoryCreate>;

/** A JSON Merge Patch (RFC 7396): what is absent stays. Another parent moves the category with all below it. */
export const CategoryPatch = Type.Object(
  { name: Type.Optional(name), parentId: Type.Optional(Nullable(Id)) },
  { title: "CategoryPatch", additionalProperties: false, minProperties: 1 },
);

const params = Type.Object({ categoryId: Id }, { additionalProperties: false });

export const categories = {
  listCategories: defineRoute({
    method: "GET",
    path: "/v1/categories",
    tag: "Categories",
    summary: "List categories, newest first",
    servedBy: "origin",
    access: { kind: "token", scopes: ["catalog:read"] },
    rate: clientRate,
    cache: tenantCache({ kind: "list", collection: "categories" }),
    idempotency: { kind: "natural" },
    budgetMs: 5_000,
    request: { ...nothing, query: pageQuery({ parentId: Type.Optional(Id) }) },
    responses: { 200: { description: "A page of categories", schema: Page(Category), headers: [] } },
    problems: [],
  }),

  getCategory: defineRoute({
    method: "GET",
    path: "/v1/categories/:categoryId",
    tag: "Categories",
    summary: "Read one category",
    servedBy: "origin",
    access: { kind: "token", scopes: ["catalog:read"] },
    rate: clientRate,
    cache: tenantCache({ kind: "item", collection: "categories", param: "categoryId" }),
    idempotency: { kind: "natural" },
    budgetMs: 5_000,
    request: { ...nothing, params },
    responses: { 200: { description: "The category", schema: Category, headers: ["etag"] } },
    problems: ["not-found"],
  }),

  createCategory: defineRoute({
    method: "POST",
    path: "/v1/categories",
    tag: "Categories",
    summary: "Create a category",
    servedBy: "origin",
    access: { kind: "token", scopes: ["catalog:write"] },
    rate: clientRate,
    cache: { kind: "none" },
    idempotency: { kind: "key", required: false },
    budgetMs: 10_000,
    request: { ...nothing, body: json(CategoryCreate, 16_384) },
    responses: { 201: { description: "Created", schema: Category, headers: ["etag", "location"] } },
    problems: ["conflict", "unprocessable"],
  }),

  updateCategory: defineRoute({
    method: "PATCH",
    path: "/v1/categories/:categoryId",
    tag: "Categories",
    summary: "Rename or move a category by a JSON Merge Patch",
    servedBy: "origin",
    access: { kind: "token", scopes: ["catalog:write"] },
    rate: clientRate,
    cache: { kind: "none" },
    idempotency: onceByIfMatch,
    budgetMs: 10_000,
    request: { ...nothing, params, headers: ifMatch, body: mergePatch(CategoryPatch, 16_384) },
    responses: { 200: { description: "The category as it is now", schema: Category, headers: ["etag"] } },
    problems: ["not-found", "conflict", "precondition-failed", "precondition-required", "unprocessable"],
  }),

  deleteCategory: defineRoute({
    method: "DELETE",
    path: "/v1/categories/:categoryId",
    tag: "Categories",
    summary: "Delete a category that has nothing in it",
    servedBy: "origin",
    access: { kind: "token", scopes: ["catalog:write"] },
    rate: clientRate,
    cache: { kind: "none" },
    idempotency: { kind: "natural" },
    budgetMs: 10_000,
    request: { ...nothing, params, headers: ifMatch },
    responses: { 204: { description: "Deleted", schema: null, headers: [] } },
    problems: ["not-found", "conflict", "precondition-failed"],
  }),
};
