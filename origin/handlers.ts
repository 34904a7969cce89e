import type { GatehouseContract } from "#shared/contract.ts";
import { type Joined, join } from "#shared/join.ts";
import type { HandlersOf } from "./call.ts";
import * as factories from "./resources/index.ts";
import type { Services } from "./services.ts";

export type Handlers = HandlersOf<GatehouseContract>;

type Created = { [F in keyof typeof factories]: ReturnType<(typeof factories)[F]> };

/** Every resource's handlers (`resources/index.ts`), joined. One that is missing fails the type check here. */
export function createHandlers(services: Services): Handlers {
  const created = Object.entries(factories).map(([name, create]) => [name, create(services)] as const);
  const handlers: Joined<Created> = join(Object.fromEntries(created) as Created);
  return handlers;
}
