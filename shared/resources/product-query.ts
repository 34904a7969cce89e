import Type, { type Static } from "typebox";
import { CANONICAL } from "../coerce.ts";
import { Currency } from "../money.ts";
import { Id, pageQuery, UUID } from "./common.ts";

/**
 * What a list of products can be narrowed by and sorted by. The list is closed: each combination is
 * answered from an index (`origin/resources/products/listing`), whatever the tenant's size.
 */

export const ProductStatus = Type.Enum(["draft", "active", "archived"]);
export type ProductStatus = Static<typeof ProductStatus>;

/** A leading minus is descending. */
export const ProductSort = Type.Enum(["-createdAt", "createdAt", "name", "-name", "price", "-price"], {
  default: "-createdAt",
  description: "`name` is by its first 64 characters, in any case; `price` needs `currency`",
});
export type ProductSort = Static<typeof ProductSort>;

/** The most products that one list can name by id. */
export const MAX_IDS = 100;
/** The most products that a search considers. */
export const MAX_MATCHES = 1_000;
/** Of words that all have more products than this, about so many are looked at (`gatehouse_search_products`). */
const MAX_LOOKED_AT = 20_000;
/** The most categories that a subtree may have to be listed by. */
export const MAX_SUBTREE = 200;
/** Products are counted up to here. */
export const MAX_COUNT = 10_000;

const minor = (description: string) =>
  Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description });

export const ProductQuery = pageQuery({
  sort: ProductSort,
  status: Type.Optional(ProductStatus),
  inStock: Type.Optional(Type.Boolean()),
  categoryId: Type.Optional(Id),
  within: Type.Optional(
    Type.String({
      pattern: `^${UUID}$`,
      description: `A category and all below it, at most ${MAX_SUBTREE} in all`,
    }),
  ),
  /** Only products with a price in it. */
  currency: Type.Optional(Currency),
  minPrice: Type.Optional(minor("In minor units of `currency`, inclusive; needs `sort` by price")),
  maxPrice: Type.Optional(minor("In minor units of `currency`, inclusive; needs `sort` by price")),
  ids: Type.Optional(
    Type.String({
      pattern: `^${UUID}(?:,${UUID}){0,${MAX_IDS - 1}}$`,
      [CANONICAL]: "set",
      description: `Up to ${MAX_IDS} ids, separated by commas; those that there are not are left out`,
    }),
  ),
  q: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 100,
      [CANONICAL]: "search",
      description:
        "Words of name, brand, description or SKU, in any script; the last one may be a beginning. " +
        `A search considers ${MAX_MATCHES} matches, the newest ones: of about ${MAX_LOOKED_AT}, taken at random, ` +
        "where each of its words has more",
    }),
  ),
  count: Type.Boolean({ default: false, description: `Also count them all, up to ${MAX_COUNT}` }),
});
export type ProductQuery = Static<typeof ProductQuery>;
