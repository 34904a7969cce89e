import type { Column, GetColumnData, SQL, SQLWrapper } from "drizzle-orm";
import { PgDialect } from "drizzle-orm/pg-core";
import { drizzle } from "drizzle-orm/postgres-js";
import type { Transaction } from "./client.ts";
import { type Fields, parameterEncoder, rowDecoder, type Values } from "./encoding.ts";

/** Builds queries for `prepareStatement`; runs none. */
export const build = drizzle.mock({ casing: "snake_case" });
const dialect = new PgDialect({ casing: "snake_case" });

type RowOf<F extends Fields> = {
  [N in keyof F]: F[N] extends Column ? GetColumnData<F[N]> : F[N] extends SQL.Aliased<infer T> ? T : never;
};

/** Runs in a transaction, with the values of its placeholders. */
export type Statement<F extends Fields> = (tx: Transaction, values: Values) => Promise<RowOf<F>[]>;

/**
 * A statement of transactions that is built once: to build one takes drizzle longer than it takes Postgres to
 * run it, and what is built for each request anew is half of what a write costs. Those that are called one
 * right after the other go out together and run in that order.
 * @param fields what the query answers, in this order; none when it answers nothing
 */
export function prepareStatement<F extends Fields>(fields: F, query: SQLWrapper): Statement<F> {
  const { sql: text, params } = dialect.sqlToQuery(query.getSQL());
  const encode = parameterEncoder(params);
  const decode = rowDecoder(fields);
  return function run(tx, values) {
    const statement = { sql: text, params: encode(values) };
    return (
      tx._.session
        // With a name it is prepared; which name is all the same to the driver.
        .prepareQuery<{ execute: RowOf<F>[]; all: unknown; values: unknown }>(
          statement,
          undefined,
          "statement",
          true,
          // The query answers these fields, which the types of one that is written out cannot say.
          (rows) => rows.map(decode) as RowOf<F>[],
        )
        .execute()
    );
  };
}
