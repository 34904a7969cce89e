import Type, { type Static, type TSchema } from "typebox";
import { Fields } from "../fields.ts";
import { Money } from "../money.ts";
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
  Timestamp,
  tenantCache,
  Version,
} from "./common.ts";
import { MAX_COUNT, ProductQuery, ProductStatus } from "./product-query.ts";

/**
 * Members by whatever name of 1 to 100 characters. The pattern has to fit them all, line breaks too, which a dot
 * does not: a member whose name no pattern fits is neither looked at nor told.
 */
function attributesOf<T extends TSchema>(value: T) {
  return Type.Record(Type.String({ pattern: "^[\\s\\S]*$" }), value, {
    maxProperties: 100,
    propertyNames: { minLength: 1, maxLength: 100 },
  });
}

/** Named properties of a product ("Colour": "Grey"). */
export const Attributes = attributesOf(Type.String({ maxLength: 1000 }));

export const productFields = {
  sku: Type.String({
    pattern: "^[\\x21-\\x7e]{1,64}$",
    description: "The tenant's own number for the product; unique within the tenant",
  }),
  name: Type.String({ minLength: 1, maxLength: 1000 }),
  description: Nullable(Type.String({ maxLength: 20_000 })),
  brand: Nullable(Type.String({ minLength: 1, maxLength: 200 })),
  categoryId: Nullable(Id),
  status: ProductStatus,
  price: Nullable(Money),
  listPrice: Nullable(Money),
  inStock: Type.Boolean(),
  attributes: Attributes,
  imageUrl: Nullable(Type.String({ pattern: "^https?://[\\x21-\\x7e]{1,2000}$" })),
};

export const Product = Type.Object(
  { id: Id, ...productFields, version: Version, createdAt: Timestamp, updatedAt: Timestamp },
  { title: "Product", additionalProperties: false },
);
export type Product = Static<typeof Product>;

const { sku, name, ...optional } = productFields;

/** What a client sends to create a product; what is left out is null, empty, `active`, in stock. */
export const ProductCreate = Type.Object(
  { sku, name, ...Type.Partial(Type.Object(optional)).properties },
  { title: "ProductCreate", additionalProperties: false },
);
export type ProductCreate = Static<typeof ProductCreate>;

/** A JSON Merge Patch (RFC 7396): absent members stay; in `attributes`, null removes a member. */
export const ProductPatch = Type.Object(
  Type.Partial(
    Type.Object({
      ...productFields,
      attributes: attributesOf(Nullable(Type.String({ maxLength: 1000 }))),
    }),
  ).properties,
  { title: "ProductPatch", additionalProperties: false, minProperties: 1 },
);
export type ProductPatch = Static<typeof ProductPatch>;

/** A page of products, with their number when it was asked for. */
const ProductPage = Type.Object(
  {
    data: Type.Array(Product),
    meta: Type.Object(
      {
        ...Page(Product).properties.meta.properties,
        total: Type.Optional(
          Type.Integer({
            minimum: 0,
            maximum: MAX_COUNT,
            description: `When counted; ${MAX_COUNT} means as many or more`,
          }),
        ),
      },
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false },
);

const fields = Fields(Product);
const params = Type.Object({ productId: Id }, { additionalProperties: false });
const read = { kind: "token", scopes: ["catalog:read"] } as const;
const write = { kind: "token", scopes: ["catalog:write"] } as const;

export const products = {
  listProducts: defineRoute({
    method: "GET",
    path: "/v1/products",
    tag: "Products",
    summary: "List, filter, sort and search products",
    servedBy: "origin",
    access: read,
    rate: clientRate,
    cache: tenantCache({ kind: "list", collection: "products" }),
    idempotency: { kind: "natural" },
    budgetMs: 5_000,
    request: {
      ...nothing,
      query: Type.Object({ ...ProductQuery.properties, fields }, { additionalProperties: false }),
    },
    responses: {
      200: { description: "A page of products, of their `fields`", schema: ProductPage, headers: [] },
    },
    problems: ["unprocessable"],
  }),

  getProduct: defineRoute({
    method: "GET",
    path: "/v1/products/:productId",
    tag: "Products",
    summary: "Read one product",
    servedBy: "origin",
    access: read,
    rate: clientRate,
    cache: tenantCache({ kind: "item", collection: "products", param: "productId" }),
    idempotency: { kind: "natural" },
    budgetMs: 5_000,
    request: { ...nothing, params, query: Type.Object({ fields }, { additionalProperties: false }) },
    responses: { 200: { description: "The product, its `fields`", schema: Product, headers: ["etag"] } },
    problems: ["not-found"],
  }),

  createProduct: defineRoute({
    method: "POST",
    path: "/v1/products",
    tag: "Products",
    summary: "Create a product",
    servedBy: "origin",
    access: write,
    rate: clientRate,
    cache: { kind: "none" },
    idempotency: { kind: "key", required: false },
    budgetMs: 10_000,
    request: { ...nothing, body: json(ProductCreate, 262_144) },
    responses: {
      201: { description: "Created", schema: Product, headers: ["etag", "location"] },
    },
    problems: ["conflict", "unprocessable"],
  }),

  updateProduct: defineRoute({
    method: "PATCH",
    path: "/v1/products/:productId",
    tag: "Products",
    summary: "Change a product by a JSON Merge Patch",
    servedBy: "origin",
    access: write,
    rate: clientRate,
    cache: { kind: "none" },
    idempotency: onceByIfMatch,
    budgetMs: 10_000,
    request: { ...nothing, params, headers: ifMatch, body: mergePatch(ProductPatch, 262_144) },
    responses: { 200: { description: "The product as it is now", schema: Product, headers: ["etag"] } },
    problems: ["not-found", "conflict", "precondition-failed", "precondition-required", "unprocessable"],
  }),

  deleteProduct: defineRoute({
    method: "DELETE",
    path: "/v1/products/:productId",
    tag: "Products",
    summary: "Delete a product; deleting it again is the same as once",
    servedBy: "origin",
    access: write,
    rate: clientRate,
    cache: { kind: "none" },
    idempotency: { kind: "natural" },
    budgetMs: 10_000,
    request: { ...nothing, params, headers: ifMatch },
    responses: { 204: { description: "Deleted", schema: null, headers: [] } },
    problems: ["not-found", "precondition-failed"],
  }),
};
