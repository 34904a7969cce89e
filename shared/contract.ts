import type { Scope } from "./policy.ts";
import { access } from "./resources/access.ts";
import { categories } from "./resources/categories.ts";
import { productImport } from "./resources/product-import.ts";
import { products } from "./resources/products.ts";
import { service } from "./resources/service.ts";
import type { Contract, InputOf, ReplyOf } from "./route.ts";

/** The whole API: one line per resource. */
export const contract = {
  ...service,
  ...access,
  ...categories,
  ...products,
  ...productImport,
} as const satisfies Contract;

export type GatehouseContract = typeof contract;
export type OperationId = keyof GatehouseContract;
export type Input<Id extends OperationId> = InputOf<GatehouseContract[Id]>;
export type Reply<Id extends OperationId> = ReplyOf<GatehouseContract[Id]>;

/** Every scope that some route asks for. */
export function scopesOf(routes: Contract): readonly Scope[] {
  const scopes = Object.values(routes).flatMap(({ access }) =>
    access.kind === "token" ? access.scopes : [],
  );
  return [...new Set(scopes)].sort();
}
