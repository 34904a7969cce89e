import fc from "fast-check";
import type { Samples } from "#tests/support/samples.ts";

/** JSON as it is written, so that it can be written wrongly: twice the same member, numbers that are none. */
export type Tree =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "list"; readonly items: readonly Tree[] }
  | { readonly kind: "object"; readonly members: readonly Member[] };
type Member = readonly [name: string, value: Tree];

/** What is read of a JSON Schema here. */
export type Schema = {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly pattern?: string;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
};

export function write(tree: Tree): string {
  switch (tree.kind) {
    case "text":
      return tree.text;
    case "list":
      return `[${tree.items.map(write).join(",")}]`;
    case "object":
      return `{${tree.members.map(([name, value]) => `${JSON.stringify(name)}:${write(value)}`).join(",")}}`;
  }
}

/** Mostly what the schema takes, now and then anything else, at every place by itself. */
export function treeOf(schema: Schema, samples: Samples, name = ""): fc.Arbitrary<Tree> {
  return fc.oneof(
    { weight: 24, arbitrary: fittingTree(schema, samples, name) },
    { weight: 1, arbitrary: strangeTree },
  );
}

function fittingTree(schema: Schema, samples: Samples, name: string): fc.Arbitrary<Tree> {
  if (schema.enum !== undefined) return fc.oneof(...chosen(schema, samples, name)).map(scalar);
  if ("const" in schema) return fc.constant(scalar(schema.const));
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map((one) => treeOf(one, samples, name)));
  switch (schema.type) {
    case "string":
      return textOf(schema, samples, name).map(scalar);
    case "integer":
      return integerOf(schema).map(scalar);
    case "boolean":
      return fc.boolean().map(scalar);
    case "null":
      return fc.constant(scalar(null));
    case "array":
      return listOf(schema, samples, name);
    default:
      return objectOf(schema, samples);
  }
}

function chosen({ enum: values = [] }: Schema, samples: Samples, name: string): fc.Arbitrary<unknown>[] {
  const sample = samples[name];
  return [fc.constantFrom(...values), ...(values.includes(sample) ? [fc.constant(sample)] : [])];
}

function scalar(value: unknown): Tree {
  return { kind: "text", text: JSON.stringify(value) };
}

/** What fast-check cannot follow; a text that breaks only it is a strange one. */
const LOOKAHEAD = /\(\?=.*?\$\)/;

/** @param name of the parameter or member: one that names something there is names that, mostly */
export function textOf(schema: Schema, samples: Samples, name: string): fc.Arbitrary<string> {
  const { pattern, minLength = 0, maxLength = 40 } = schema;
  const sample = samples[name === "parentId" || name === "within" ? "categoryId" : name];
  const any =
    pattern === undefined
      ? fc.string({ unit: "grapheme", minLength, maxLength: Math.max(minLength, Math.min(maxLength, 40)) })
      : fc.stringMatching(new RegExp(pattern.replace(LOOKAHEAD, "")), { size: "-1" });
  return sample === undefined ? any : fc.oneof({ weight: 4, arbitrary: fc.constant(sample) }, any);
}

function integerOf({ minimum, maximum }: Schema): fc.Arbitrary<number> {
  const [min, max] = [minimum ?? Number.MIN_SAFE_INTEGER, maximum ?? Number.MAX_SAFE_INTEGER];
  return fc.oneof(
    fc.integer({ min, max: Math.max(min, Math.min(max, min + 100)) }),
    fc.constantFrom(min, max),
  );
}

function listOf({ items = {}, minItems = 0, maxItems = 4 }: Schema, samples: Samples, name: string) {
  const lengths = { minLength: minItems, maxLength: Math.max(minItems, Math.min(maxItems, 4)) };
  return fc.array(treeOf(items, samples, name), lengths).map((list): Tree => ({ kind: "list", items: list }));
}

function objectOf(schema: Schema, samples: Samples): fc.Arbitrary<Tree> {
  const required = new Set(schema.required);
  const declared = Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const member = treeOf(property, samples, name).map((value): Member => [name, value]);
    // fast-check leaves an option out as often as one in `freq + 1`.
    return fc.option(member, { freq: required.has(name) ? 40 : 1, nil: null });
  });
  const named = Object.entries(schema.patternProperties ?? {}).map(([, property]) =>
    fc.array(fc.tuple(fc.string({ unit: "grapheme", maxLength: 12 }), treeOf(property, samples)), {
      maxLength: 4,
    }),
  );
  const extra = fc.tuple(strangeName, strangeTree).map((member): Member => member);
  const again = Object.entries(schema.properties ?? {}).map(([name, property]) =>
    treeOf(property, samples, name).map((value): Member => [name, value]),
  );
  const disorder = fc.oneof(
    { weight: 20, arbitrary: fc.constant<Member[]>([]) },
    { weight: 1, arbitrary: fc.array(fc.oneof(extra, ...again), { minLength: 1, maxLength: 2 }) },
  );
  return fc.tuple(fc.tuple(...declared), fc.tuple(...named), disorder).map(([own, records, more]): Tree => {
    const members = [...own.filter((member) => member !== null), ...records.flat(), ...more];
    return { kind: "object", members };
  });
}

const strangeName = fc.constantFrom(
  "__proto__",
  "constructor",
  "toString",
  "",
  "\0",
  "\ud800",
  "id",
  "a/b~c",
);

const wrongTexts = [
  ...["null", "true", "[]", "{}", "[[]]", '{"":0}', '""', '" "', '"a"', '"null"', '"\\u0000"', '"a\\u0000b"'],
  ...['"\\ud800"', '"\\udc00x"', '"\\ud83d\\ude00"', '"\\u202e\\u0000"', '"\ufeff"', '"\u2028"', '"e\u0301"'],
  ...["0", "-0", "-1", "1.5", "1e2", "1E-9", "1e400", "-1e400", "9007199254740993", "2147483648"],
  ...["123456789012345678901234567890", "01", "+1", ".5", "NaN", "Infinity", "undefined", "'a'", "tru"],
  ...['"0001-01-01T00:00:00.000Z"', '"9999-12-31T23:59:59.999Z"', '"2026-02-30T00:00:00.000Z"'],
  ...['"%00"', '"\'; drop table products; --"', '"../../etc/passwd"', '"=1+1"'],
];

/** Sizes and depths around limits, and far beyond them. */
const SIZES = [31, 32, 33, 101, 1_001, 20_001, 100_000];

const strangeTree: fc.Arbitrary<Tree> = fc
  .oneof(
    { weight: 8, arbitrary: fc.constantFrom(...wrongTexts) },
    { weight: 2, arbitrary: fc.json({ maxDepth: 3 }) },
    {
      weight: 2,
      arbitrary: fc.string({ unit: "binary", maxLength: 60 }).map((text) => JSON.stringify(text)),
    },
    { weight: 1, arbitrary: fc.constantFrom(...SIZES).map((size) => "[".repeat(size) + "]".repeat(size)) },
    { weight: 1, arbitrary: fc.constantFrom(...SIZES).map((size) => `[${"0,".repeat(size)}0]`) },
    { weight: 1, arbitrary: fc.constantFrom(...SIZES).map((size) => `"${"ä".repeat(size)}"`) },
  )
  .map((text) => ({ kind: "text", text }));
