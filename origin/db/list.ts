import { and, type SQL, type Subquery } from "drizzle-orm";
import type { Connections, Database } from "./client.ts";
import { prepareRead } from "./read.ts";

type Query = PromiseLike<unknown> & {
  as(alias: "found"): Subquery<"found", Record<string, unknown>>;
};

/** Conditions by the name of the value they need: each is `column = placeholder(name)` or the like. */
type Filters = Readonly<Record<string, SQL | undefined>>;

/** What a list is asked for. A filter whose value is undefined does not apply. */
type Wanted = { readonly tenant: string; readonly limit: number };

/**
 * Prepares a list with optional filters: one statement for each set of filters that is asked for, made
 * when it first is. (`$1 is null or column = $1` would be one statement that no index serves.)
 */
export function prepareList<F extends Filters, Q extends Query>(
  connections: Connections,
  filters: F,
  build: (db: Database, where: SQL | undefined) => Q,
) {
  const statements = new Map<string, ReturnType<typeof prepareRead<Q>>>();

  function statementFor(given: readonly string[]) {
    const key = given.join();
    const known = statements.get(key);
    if (known !== undefined) return known;
    const conditions = given.map((filter) => filters[filter]);
    const made = prepareRead(connections, (db, ready) => build(db, and(ready, ...conditions)));
    statements.set(key, made);
    return made;
  }

  return function list(
    wanted: Wanted,
    values: { readonly [Name in keyof F]: string | undefined },
  ): Promise<Awaited<Q>> {
    const given = Object.keys(filters).filter((filter) => values[filter] !== undefined);
    return statementFor(given).execute({ ...values, ...wanted });
  };
}
