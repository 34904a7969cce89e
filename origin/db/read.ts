import { type SQL, type Subquery, sql } from "drizzle-orm";
import type { Connections, Database } from "./client.ts";
import { type Fields, parameterEncoder, rowDecoder } from "./encoding.ts";
import { build as db } from "./statement.ts";

/** A prepared read. `execute` takes the values of its placeholders, and the setting's among them. */
export type Read<Setting extends string, Rows> = {
  readonly execute: (values: { readonly [S in Setting]: string } & Record<string, unknown>) => Promise<Rows>;
};

/** A query of drizzle's that can be joined as `found`. */
type Query = PromiseLike<unknown> & {
  as(alias: "found"): Subquery<"found", Record<string, unknown>>;
};

/** Builds the query proper: with `settingIsMade` in its WHERE, and with a LIMIT. */
type Build<Q extends Query> = (db: Database, settingIsMade: SQL) => Q;

/** In the order in which the query names it. The driver hashes the text for each execution: it is kept short. */
const EVERYTHING = { found: sql`"found".*` };

const SETTING_IS_MADE = sql`"setting"."made" is not null`;

/**
 * Prepares a read that sets the tenant and reads in ONE statement, one round trip where BEGIN,
 * set_config, SELECT and COMMIT would cost two thirds of the throughput:
 *
 *   with "setting" as (select set_config('app.tenant', $1, true) as "made")
 *   select "found".* from "setting" cross join lateral
 *     (<query> where "setting"."made" is not null and ... limit n) "found"
 *
 * Postgres evaluates a CTE with a volatile function once and apart; the reference to it makes the
 * query wait for it; and a query with LIMIT is not pulled up into the outer one, where its policy
 * might be evaluated too early. A plan that broke this would find no rows, never another tenant's.
 * The setting ends with the statement (`true`: local to the transaction).
 * @param isShort as for `Rows`
 */
export function prepareRead<Q extends Query>(
  connections: Connections,
  build: Build<Q>,
  isShort?: boolean,
): Read<"tenant", Awaited<Q>> {
  return prepare("tenant", connections, build, isShort);
}

/** The same for a client that names itself before its tenant is known. */
export function prepareClientRead<Q extends Query>(
  connections: Connections,
  build: Build<Q>,
): Read<"client", Awaited<Q>> {
  return prepare("client", connections, build);
}

/** The same for whoever logs in and names the tenant by its slug. */
export function prepareSlugRead<Q extends Query>(
  connections: Connections,
  build: Build<Q>,
): Read<"slug", Awaited<Q>> {
  return prepare("slug", connections, build);
}

function prepare<S extends string, Q extends Query>(
  setting: S,
  { rows }: Connections,
  build: Build<Q>,
  isShort?: boolean,
): Read<S, Awaited<Q>> {
  const made = sql`set_config(${sql.raw(`'app.${setting}'`)}, ${sql.placeholder(setting)}, true)`;
  const settings = db.$with("setting", { made: sql`"made"`.as("made") }).as(sql`select ${made} as "made"`);
  const found = build(db, SETTING_IS_MADE).as("found");
  const fields = found._.selectedFields as Fields;
  const statement = db.with(settings).select(EVERYTHING).from(settings).crossJoinLateral(found).toSQL();
  const encode = parameterEncoder(statement.params);
  const decode = rowDecoder(fields);

  return {
    async execute(values): Promise<Awaited<Q>> {
      const read = await rows(statement.sql, encode(values), isShort);
      // The outer select has the inner one's fields, so its rows are the same; drizzle's types
      // cannot follow that through a type parameter.
      return read.map(decode) as Awaited<Q>;
    },
  };
}
