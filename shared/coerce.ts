import type { TObject, TSchema } from "typebox";
import { encodeQueryComponent } from "./canonical.ts";
import type { Violation } from "./problems.ts";
import { canonicalSearch, canonicalSet } from "./words.ts";

/**
 * Text to typed values for path, query and header parameters. Both tiers use this one coercer:
 * `Value.Convert` and Ajv's `coerceTypes` disagree with each other ("5.7" -> 5, "" -> 0).
 */

export type Parameter = readonly [name: string, text: string];
export type ParameterPlace = "path" | "query" | "header";

export type Coerced = {
  /** By parameter name; defaults filled in. Not yet checked against the schema's other rules. */
  readonly values: Record<string, unknown>;
  readonly violations: readonly Violation[];
};

/**
 * Text parameters of which many spellings mean the same name by this keyword how to find the one: else
 * each would be another entry in the cache.
 */
export const CANONICAL = "x-canonical";
const canonicalForms = { set: canonicalSet, search: canonicalSearch };

/** Lists of names that hold one of them whether it is given or not say by this keyword which. */
export const ALWAYS = "x-always";

const INTEGER = /^(?:0|-?[1-9]\d{0,15})$/;

/** Coerces each parameter by its schema. Unknown and repeated names are violations. */
export function coerce(place: ParameterPlace, schema: TObject, parameters: Iterable<Parameter>): Coerced {
  const values: Record<string, unknown> = {};
  const violations: Violation[] = [];
  const refuse = (name: string, rule: string, detail: string) =>
    violations.push({ in: place, pointer: pointerTo(name), rule, detail });

  for (const [name, text] of parameters) {
    const property = Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
    if (property === undefined) {
      refuse(name, "unknown", `there is no such parameter; known are: ${known(schema)}`);
    } else if (Object.hasOwn(values, name)) {
      refuse(name, "repeated", "may be given once only");
    } else {
      const value = coerceText(text, property);
      if (value === undefined) refuse(name, "type", `must be ${typeName(property, text)}`);
      values[name] = value ?? text;
    }
  }
  for (const [name, property] of Object.entries(schema.properties)) {
    const fallback = defaultOf(property);
    if (fallback !== undefined && !Object.hasOwn(values, name)) values[name] = fallback;
  }
  return { values, violations };
}

/**
 * Splits a raw query (without the question mark) into names and values. What is not well-formed
 * percent-encoded UTF-8 comes out with a NUL, which `coerce` refuses, rather than half-decoded.
 */
export function parseQuery(search: string): Parameter[] {
  return search
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const mark = pair.indexOf("=");
      return mark === -1 ? [decode(pair), ""] : [decode(pair.slice(0, mark)), decode(pair.slice(mark + 1))];
    });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return "\0";
  }
}

/**
 * The one spelling of a query: sorted by name, defaults dropped, percent-encoding normalised.
 * @returns without the question mark; empty when nothing is left
 */
export function canonicalQuery(schema: TObject, values: Readonly<Record<string, unknown>>): string {
  return Object.keys(values)
    .filter((name) => values[name] !== undefined && values[name] !== defaultOf(schema.properties[name]))
    .sort()
    .map((name) => `${encodeQueryComponent(name)}=${encodeQueryComponent(String(values[name]))}`)
    .join("&");
}

/** A JSON Pointer to one member (RFC 6901 §3: `~` and `/` are escaped). */
export function pointerTo(name: string): string {
  return `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

function known(schema: TObject): string {
  return Object.keys(schema.properties).join(", ") || "none";
}

function coerceText(text: string, schema: TSchema): unknown {
  if (isHostile(text)) return undefined;
  switch (typeOf(schema)) {
    case "integer": {
      const number = INTEGER.test(text) ? Number(text) : Number.NaN;
      return Number.isSafeInteger(number) ? number : undefined;
    }
    case "boolean":
      return text === "true" ? true : text === "false" ? false : undefined;
    case "array": {
      const names = canonicalSet(ALWAYS in schema ? `${schema[ALWAYS]},${text}` : text).split(",");
      return names.every((name) => choicesOf(schema).includes(name)) ? names : undefined;
    }
    default:
      return canonicalFormOf(schema)(text);
  }
}

function canonicalFormOf(schema: TSchema): (text: string) => string {
  const name = CANONICAL in schema ? schema[CANONICAL] : undefined;
  return name === "set" || name === "search" ? canonicalForms[name] : asItIs;
}

function asItIs(text: string): string {
  return text;
}

/** What the names in a list may be. Lists are of such names only, and their order means nothing. */
function choicesOf(schema: TSchema): readonly unknown[] {
  const items: unknown = "items" in schema ? schema.items : null;
  const isClosed = typeof items === "object" && items !== null && "enum" in items;
  return isClosed && Array.isArray(items.enum) ? items.enum : [];
}

function typeName(schema: TSchema, text: string): string {
  switch (typeOf(schema)) {
    case "integer":
      return "an integer in plain decimal digits";
    case "boolean":
      return "true or false";
    case "array": {
      const choices = choicesOf(schema);
      const strange = text.split(",").find((name) => !choices.includes(name));
      return `some of ${choices.join(", ")}, separated by commas: ${JSON.stringify(strange)} is none of them`;
    }
    default:
      return "well-formed Unicode without NUL";
  }
}

function typeOf(schema: TSchema): unknown {
  return "type" in schema ? schema.type : undefined;
}

function defaultOf(schema: TSchema | undefined): unknown {
  return schema !== undefined && "default" in schema ? schema.default : undefined;
}

/** Text that Postgres or a JSON reader would refuse: NUL and lone surrogates. */
export function isHostile(text: string): boolean {
  return text.includes("\0") || !text.isWellFormed();
}
