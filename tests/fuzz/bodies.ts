import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { type BodyContract, mediaTypeOf } from "#shared/route.ts";
import type { Samples } from "#tests/support/samples.ts";
import { type Schema, textOf, treeOf, write } from "./trees.ts";

/** A body with the headers that speak of it. */
export type Body = { readonly headers: readonly string[]; readonly bytes: Buffer; readonly framing: Framing };

/** How the end of the body is told: truthfully by its length or in chunks, or with a length that is wrong. */
export type Framing = "length" | "chunked" | "too-short" | "too-long" | "none";

export function bodyOf(body: BodyContract, samples: Samples): fc.Arbitrary<Body> {
  const content = body.kind === "none" ? unasked : disturbed(contentOf(body, samples));
  const framing = fc.oneof(
    { weight: 40, arbitrary: fc.constant<Framing>(body.kind === "none" ? "none" : "length") },
    { weight: 4, arbitrary: fc.constant<Framing>("chunked") },
    { weight: 1, arbitrary: fc.constantFrom<Framing>("too-short", "too-long", "none", "length") },
  );
  return fc.tuple(content, framing, typeOf(body), coding).map(([bytes, how, types, { headers, encode }]) => ({
    headers: [...types, ...headers],
    bytes: encode(bytes),
    framing: how,
  }));
}

function contentOf(body: Exclude<BodyContract, { kind: "none" }>, samples: Samples): fc.Arbitrary<Buffer> {
  switch (body.kind) {
    case "json":
      return treeOf(body.schema as Schema, samples).map((tree) => Buffer.from(write(tree)));
    case "form":
      return formOf(body.schema as Schema, samples);
    case "ndjson":
      return linesOf(body.line as Schema, samples);
  }
}

/** A route that takes no body may be sent one all the same. */
const unasked = fc.constantFrom("", "{}", "null", "x".repeat(2_000)).map((text) => Buffer.from(text));

function formOf({ properties = {} }: Schema, samples: Samples): fc.Arbitrary<Buffer> {
  const known = Object.entries(properties).map(([name, schema]) =>
    fc.tuple(fc.constant(name), textOf(schema, samples, name).map(encode)),
  );
  const other = fc.tuple(
    fc.constantFrom("x", "", "__proto__", "grant_type"),
    fc.constantFrom("", "%", "%00", "%zz", "%ed%a0%80", "client_credentials", "a=b", "+"),
  );
  const own = fc.tuple(...known.map((pair) => fc.option(pair, { freq: 6, nil: null })));
  const more = fc.oneof(
    { weight: 6, arbitrary: fc.constant<[string, string][]>([]) },
    { weight: 1, arbitrary: fc.array(fc.oneof(other, ...known), { maxLength: 2 }) },
  );
  return fc
    .tuple(own, more)
    .map(([pairs, others]) => [...pairs.filter((pair) => pair !== null), ...others])
    .map((pairs) => Buffer.from(pairs.map((pair) => pair.join("=")).join("&")));
}

function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

function linesOf(line: Schema, samples: Samples): fc.Arbitrary<Buffer> {
  const end = fc.constantFrom("\n", "\n", "\n", "\r\n", "\n\n", "", "\r");
  return fc
    .array(fc.tuple(treeOf(line, samples).map(write), end), { maxLength: 6 })
    .map((lines) => Buffer.from(lines.flat().join("")));
}

/** The bytes as they are, mostly; or what no well-meaning client would make of them. */
function disturbed(content: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> {
  const disturbances: readonly ((bytes: Buffer) => Buffer)[] = [
    (bytes) => Buffer.concat([Buffer.from("\ufeff"), bytes]),
    (bytes) => Buffer.from(bytes.toString(), "utf16le"),
    (bytes) => bytes.subarray(0, Math.floor(bytes.length / 2)),
    (bytes) => bytes.subarray(0, -1),
    (bytes) => Buffer.concat([bytes, Buffer.from([0xff, 0xfe, 0x00])]),
    (bytes) => Buffer.concat([bytes, bytes]),
    (bytes) => Buffer.concat([Buffer.from(" \t\r\n"), bytes, Buffer.from("\0")]),
    (bytes) => Buffer.from(bytes.toString().replace(/[a-z]/, "\ud800"), "latin1"),
    () => Buffer.alloc(0),
    () => Buffer.alloc(300_000, " "),
  ];
  const asIs = (bytes: Buffer) => bytes;
  return fc
    .tuple(
      content,
      fc.oneof(
        { weight: 25, arbitrary: fc.constant(asIs) },
        { weight: 1, arbitrary: fc.constantFrom(...disturbances) },
      ),
    )
    .map(([bytes, disturb]) => disturb(bytes));
}

function typeOf(body: BodyContract): fc.Arbitrary<readonly string[]> {
  const expected = body.kind === "none" ? "application/json" : mediaTypeOf(body);
  const strange = [
    [expected.toUpperCase()],
    [`${expected};charset="UTF-8"`],
    [`${expected}; charset=utf-16`],
    [`${expected}; charset=`],
    [`${expected};;;`],
    [`${expected}, ${expected}`],
    [expected, "text/plain"],
    ["text/plain"],
    ["multipart/form-data; boundary=x"],
    ["application/json\t;\tx"],
    ["/"],
    ["\xff"],
    [""],
    [],
  ];
  return fc
    .oneof(
      { weight: 30, arbitrary: fc.constant([expected]) },
      { weight: 1, arbitrary: fc.constantFrom(...strange) },
    )
    .map((types) => types.map((type) => `Content-Type: ${type}`));
}

type Coding = { readonly headers: readonly string[]; readonly encode: (bytes: Buffer) => Buffer };

const plain = (bytes: Buffer): Buffer => bytes;
const coding: fc.Arbitrary<Coding> = fc.oneof(
  { weight: 40, arbitrary: fc.constant<Coding>({ headers: [], encode: plain }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Coding>(
      { headers: ["Content-Encoding: gzip"], encode: (bytes) => gzipSync(bytes) },
      { headers: ["Content-Encoding: gzip"], encode: plain },
      { headers: ["Content-Encoding: identity"], encode: plain },
      { headers: ["Content-Encoding: br, gzip"], encode: plain },
      { headers: ["Content-Encoding: "], encode: plain },
      { headers: ["Expect: 100-continue"], encode: plain },
    ),
  },
);
