import type { Json, JsonObject } from "#shared/openapi-components.ts";
import { type Document, isObject, list, members, resolve } from "./node.ts";

/**
 * Whether one JSON schema takes whatever another one takes. Of an input the new schema has to take what the
 * released one did; of an output the released schema what the new one does. Knows the keywords that TypeBox
 * writes; a keyword it does not know has to stay as it is.
 */

export type Side = { readonly document: Document; readonly schema: Json | undefined };

export type Direction = {
  /** What follows a place that `to` does not take. */
  readonly report: (place: string, what: string) => void;
  /** Whether members that `to` does not know are taken all the same: clients have to ignore them. */
  readonly isOpen: boolean;
};

/** Upper and lower bounds: a value further out than the other's takes more. */
const UPPER = ["maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"] as const;
const LOWER = ["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"] as const;
const EXACT = ["pattern", "format", "multipleOf", "uniqueItems", "contentMediaType"] as const;

/** Reports every place where something that `from` takes is refused by `to`. */
export function checkAccepts(from: Side, to: Side, place: string, direction: Direction): void {
  const [given, taken] = [alternatives(from), alternatives(to)];
  for (const one of given) {
    const same = taken.filter((other) => kindOf(other) === kindOf(one) || isAny(other));
    const [first] = same;
    if (first === undefined) {
      direction.report(place, `${kindOf(one)} is not taken`);
    } else if (!same.some((other) => isTaken(from, to, one, other, direction))) {
      checkOne({ ...from, schema: one }, { ...to, schema: first }, place, direction);
    }
  }
}

function isTaken(from: Side, to: Side, one: JsonObject, other: JsonObject, { isOpen }: Direction): boolean {
  let faults = 0;
  const report = () => {
    faults++;
  };
  checkOne({ ...from, schema: one }, { ...to, schema: other }, "", { isOpen, report });
  return faults === 0;
}

type One = { readonly document: Document; readonly schema: JsonObject };

function checkOne(from: One, to: One, place: string, direction: Direction): void {
  const [one, other] = [from.schema, to.schema];
  checkValues(one, other, place, direction);
  if (other["type"] === "integer" && one["type"] === "number") direction.report(place, "is whole");
  for (const name of UPPER) checkBound(name, one, other, place, direction, (a, b) => a <= b);
  for (const name of LOWER) checkBound(name, one, other, place, direction, (a, b) => a >= b);
  for (const name of EXACT) {
    if (other[name] !== undefined && other[name] !== one[name]) direction.report(place, `${name} is another`);
  }
  if (other["items"] !== undefined) {
    checkAccepts(within(from, one["items"]), within(to, other["items"]), `${place}/*`, direction);
  }
  if (other["contentSchema"] !== undefined) {
    const [line, its] = [within(from, one["contentSchema"]), within(to, other["contentSchema"])];
    checkAccepts(line, its, `${place}/*`, direction);
  }
  if (kindOf(one) === "object") checkMembers(from, to, place, direction);
}

function checkMembers(from: One, to: One, place: string, direction: Direction): void {
  const [one, other] = [from.schema, to.schema];
  const known = new Map(members(other["properties"]));
  const isClosed = other["additionalProperties"] === false && !direction.isOpen;
  for (const [name, schema] of members(one["properties"])) {
    const its = known.get(name);
    if (its !== undefined) {
      checkAccepts(within(from, schema), within(to, its), `${place}/${name}`, direction);
    } else if (isClosed) {
      direction.report(`${place}/${name}`, "is not taken");
    }
  }
  const always = list(one["required"]);
  for (const name of list(other["required"])) {
    if (!always.includes(name)) direction.report(`${place}/${name}`, "is required");
  }
  const patterns = new Map(members(other["patternProperties"]));
  for (const [pattern, schema] of members(one["patternProperties"])) {
    const its = patterns.get(pattern);
    if (its === undefined) direction.report(`${place}/*`, "has another pattern of names");
    else checkAccepts(within(from, schema), within(to, its), `${place}/*`, direction);
  }
  if (isClosed && one["additionalProperties"] !== false) direction.report(place, "takes no other members");
}

function checkValues(one: JsonObject, other: JsonObject, place: string, { report }: Direction): void {
  const taken = valuesOf(other);
  if (taken === null) return;
  const given = valuesOf(one);
  if (given === null) return report(place, "takes certain values only");
  for (const value of given) {
    if (!taken.includes(value)) report(place, `${JSON.stringify(value)} is not taken`);
  }
}

function checkBound(
  name: string,
  one: JsonObject,
  other: JsonObject,
  place: string,
  { report }: Direction,
  isWithin: (given: number, taken: number) => boolean,
): void {
  const [given, taken] = [one[name], other[name]];
  if (typeof taken !== "number") return;
  if (typeof given !== "number" || !isWithin(given, taken))
    report(place, `${name} is ${taken}, of ${given ?? "none"}`);
}

/** The values that a schema lists; null when it takes any of its kind. */
export function valuesOf({ enum: listed, const: only }: JsonObject): readonly Json[] | null {
  if (only !== undefined) return [only];
  return Array.isArray(listed) ? listed : null;
}

/** What tells the alternatives of a schema apart. */
export function kindOf(schema: JsonObject): string {
  const { type } = schema;
  if (typeof type === "string") return type === "integer" ? "number" : type;
  const [value] = valuesOf(schema) ?? [];
  if (value === undefined) return "any";
  return value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
}

function isAny(schema: JsonObject): boolean {
  return kindOf(schema) === "any";
}

export function alternatives({ document, schema }: Side): JsonObject[] {
  const resolved = resolve(document, schema);
  const choices = [...list(resolved["anyOf"]), ...list(resolved["oneOf"])];
  if (choices.length > 0) return choices.flatMap((choice) => alternatives({ document, schema: choice }));
  const { type } = resolved;
  if (Array.isArray(type)) return type.map((one) => ({ ...resolved, type: one }));
  return [resolved];
}

function within({ document }: One, schema: Json | undefined): Side {
  return { document, schema: isObject(schema) ? schema : {} };
}
