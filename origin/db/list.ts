import { and, type SQL } from "drizzle-orm";
import type { Connections, Database } from "./client.ts";
import { prepareShapes, type Query } from "./shapes.ts";

/** Conditions by the name of the value they need: each is `column = placeholder(name)` or the like. */
type Filters = Readonly<Record<string, SQL | undefined>>;

/** What a list is asked for. A filter whose value is undefined does not apply. */
type Wanted = { readonly tenant: string; readonly limit: number };

/** Prepares a list with optional filters: one statement for each set of filters that is asked for. */
export function prepareList<F extends Filters, Q extends Query>(
  connections: Connections,
  filters: F,
  build: (db: Database, where: SQL | undefined) => Q,
) {
  const readOf = prepareShapes(connections, (db, ready, given: readonly string[]) =>
    build(db, and(ready, ...given.map((filter) => filters[filter]))),
  );

  return function list(
    wanted: Wanted,
    values: { readonly [Name in keyof F]: string | undefined },
  ): Promise<Awaited<Q>> {
    const given = Object.keys(filters).filter((filter) => values[filter] !== undefined);
    return readOf(given).execute({ ...values, ...wanted });
  };
}
