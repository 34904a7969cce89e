import { join } from "./join.ts";
import type { Scope } from "./policy.ts";
import * as resources from "./resources/index.ts";
import type { Contract, InputOf, ReplyOf } from "./route.ts";

/** The whole API: the routes of every resource (`resources/index.ts`) by operation id. */
export const contract = join(resources) satisfies Contract;

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
