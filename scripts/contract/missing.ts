import type { Json } from "#shared/openapi-components.ts";
import { alternatives, kindOf, type Side, valuesOf } from "./accepts.ts";
import { list, members } from "./node.ts";

/**
 * The optional members and listed values of one schema that another has no more, by their places. (Members
 * that are required are missed by `checkAccepts`.)
 */
export function missingParts(before: Side, after: Side, place = ""): string[] {
  const now = alternatives(after);
  return alternatives(before).flatMap((one) => {
    const other = now.find((its) => kindOf(its) === kindOf(one));
    if (other === undefined) return [];
    const inside = (schema: Json | undefined, its: Json | undefined, name: string) =>
      missingParts(
        { document: before.document, schema },
        { document: after.document, schema: its },
        `${place}/${name}`,
      );
    const values = valuesOf(other);
    const gone = values === null ? [] : (valuesOf(one) ?? []).filter((value) => !values.includes(value));
    const properties = new Map(members(other["properties"]));
    return [
      ...gone.map((value) => `${place} ${JSON.stringify(value)}`),
      ...members(one["properties"]).flatMap(([name, schema]) => {
        if (properties.has(name)) return inside(schema, properties.get(name), name);
        return list(one["required"]).includes(name) ? [] : [`${place}/${name}`];
      }),
      ...(one["items"] === undefined ? [] : inside(one["items"], other["items"], "*")),
    ];
  });
}
