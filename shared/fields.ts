import Type, { type TObject } from "typebox";
import { ALWAYS } from "./coerce.ts";

/**
 * Sparse answers: the query parameter `fields` names the members that a client wants of each item. It cuts
 * the answer itself, or each of `data` where the answer is a page. A route that declares it has nothing
 * else to do: what is not asked for is left out when the answer is written.
 */

/** What an item keeps whatever was asked for: by it one is told from another. */
export const KEPT = "id";

/** The parameter, for items of this schema. */
export function Fields<T extends TObject>(item: T) {
  const names = Object.keys(item.properties) as (keyof T["properties"] & string)[];
  const description = `Only these members of the answer's items, separated by commas; \`${KEPT}\` always comes`;
  return Type.Optional(Type.Array(Type.Enum(names), { description, [ALWAYS]: KEPT }));
}

/** Whether the answers of a route are cut down when its clients ask for it. */
export function isSparse({ request }: { readonly request: { readonly query: TObject } }): boolean {
  return "fields" in request.query.properties;
}

type Item = Readonly<Record<string, unknown>>;

/** An answer with only the members that its query asks for, when it names any. */
export function cutDown(body: unknown, query: unknown): unknown {
  const { fields } = query as { readonly fields?: readonly string[] };
  if (fields === undefined) return body;
  const answer = body as Item;
  const { data } = answer;
  return Array.isArray(data)
    ? { ...answer, data: data.map((item: Item) => cut(item, fields)) }
    : cut(answer, fields);
}

function cut(item: Item, fields: readonly string[]): Item {
  const kept: Record<string, unknown> = { [KEPT]: item[KEPT] };
  for (const name of fields) kept[name] = item[name];
  return kept;
}

type Schema = {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly required?: readonly string[];
};

/** The schema of such an answer: the whole one's, in which members of the items may be missing. */
export function cutSchema<S extends Schema>(schema: S): S {
  const data = schema.properties?.["data"];
  if (data?.items === undefined) return { ...schema, required: [KEPT] };
  const properties = { ...schema.properties, data: { ...data, items: cutSchema(data.items) } };
  return { ...schema, properties };
}
