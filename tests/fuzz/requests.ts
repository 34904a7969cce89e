import fc from "fast-check";
import type { TObject } from "typebox";
import { headers as names } from "#shared/headers.ts";
import type { Route } from "#shared/route.ts";
import type { Samples } from "#tests/support/samples.ts";
import { type Body, bodyOf } from "./bodies.ts";
import { type Schema, textOf } from "./trees.ts";
import { type FuzzRequest, TOKENS, type TokenName, withCurl } from "./wire.ts";

/** Requests of a route: most of what each is made of fits the contract, and some of it does not. */
export function requestsOf(route: Route, samples: Samples): fc.Arbitrary<FuzzRequest> {
  return fc
    .tuple(
      methodOf(route),
      pathOf(route, samples),
      queryOf(route.request.query, samples),
      credentialsOf(route),
      headersOf(route),
      bodyOf(route.request.body, samples),
    )
    .map(([method, path, query, credentials, headers, body]) =>
      withCurl({
        method,
        target: query === "" ? path : `${path}?${query}`,
        headers: [...credentials, ...headers, ...body.headers],
        ...framed(body),
      }),
    );
}

function framed({ bytes, framing }: Body): Pick<FuzzRequest, "body" | "framing"> {
  return { body: framing === "none" ? Buffer.alloc(0) : bytes, framing };
}

function methodOf({ method }: Route): fc.Arbitrary<string> {
  const others = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "get"];
  return fc.oneof(
    { weight: 40, arbitrary: fc.constant<string>(method) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  );
}

function pathOf({ path, request }: Route, samples: Samples): fc.Arbitrary<string> {
  const segments = Object.entries(request.params.properties).map(([name, schema]) =>
    fc
      .oneof(
        { weight: 12, arbitrary: textOf(schema as Schema, samples, name) },
        { weight: 1, arbitrary: fc.oneof(strangeSegment, strangeValue) },
      )
      .map((text): readonly [string, string] => [name, text]),
  );
  const whole = fc.tuple(...segments).map((values) => {
    let filled: string = path;
    for (const [name, text] of values) filled = filled.replace(`:${name}`, () => text);
    return filled;
  });
  const bent = whole.chain((text) =>
    fc.constantFrom(`${text}/`, `/${text}`, `${text}//`, `${text}%2f`, `${text};a=b`, text.toUpperCase()),
  );
  return fc.oneof({ weight: 40, arbitrary: whole }, { weight: 1, arbitrary: bent });
}

const strangeSegment = fc.oneof(
  fc.constantFrom("..", ".", "%2e%2e", "%00", "%41", "a%2fb", "import", "__proto__", "~", "*", "0", "export"),
  fc.string({ unit: fc.constantFrom(..."aZ09._~-!$&'()*+,;=:@%|\"<>\\^`{}"), minLength: 1, maxLength: 80 }),
  fc.uuid().map((id) => id.toUpperCase()),
);

/** A value as it stands in a query: percent-encoded, in a strange way or not at all. */
const strangeValue = fc.oneof(
  fc.constantFrom(
    "",
    "0",
    "-1",
    "1.0",
    "1e1",
    "9007199254740993",
    "true",
    "null",
    "%00",
    "%",
    "%zz",
    "%ed%a0%80",
  ),
  fc.constantFrom("%F0%9F%92%A9", "a+b", "a=b", "x".repeat(5_000), "%2b".repeat(600), "[]", "%C0%AF", "\xe4"),
  fc.string({ unit: "binary", maxLength: 80 }).map((text) => encodeURIComponent(text.toWellFormed())),
);

function queryOf({ properties }: TObject, samples: Samples): fc.Arbitrary<string> {
  const pairs = Object.entries(properties).map(([name, schema]) =>
    fc
      .oneof(
        { weight: 8, arbitrary: parameterOf(schema as Schema, samples, name).map(encodeURIComponent) },
        { weight: 1, arbitrary: strangeValue },
      )
      .map((value) => `${name}=${value}`),
  );
  const stray = fc.tuple(fc.constantFrom("x", "", "__proto__", "PageSize", "%70ageSize"), strangeValue);
  const disorder = fc.oneof(
    { weight: 12, arbitrary: fc.constant<string[]>([]) },
    {
      weight: 1,
      arbitrary: fc.array(
        fc.oneof(
          stray.map((pair) => pair.join("=")),
          ...pairs,
        ),
        { maxLength: 3 },
      ),
    },
  );
  const some = fc.tuple(...pairs.map((pair) => fc.option(pair, { freq: 1, nil: "" })));
  return fc
    .tuple(some, disorder)
    .map(([own, more]) => [...own.filter((pair) => pair !== ""), ...more].join("&"));
}

function parameterOf(schema: Schema, samples: Samples, name: string): fc.Arbitrary<string> {
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum.map(String));
  if (schema.type === "boolean") return fc.boolean().map(String);
  if (schema.type === "integer") {
    return fc.integer({ min: schema.minimum ?? 0, max: schema.maximum ?? 1_000 }).map(String);
  }
  return textOf(schema, samples, name).map((text) => text.toWellFormed());
}

function credentialsOf({ access }: Route): fc.Arbitrary<readonly string[]> {
  if (access.kind !== "token") return fc.constant([]);
  const bearer = (token: TokenName) => [`Authorization: Bearer $${token}`];
  const strange: readonly (readonly string[])[] = [
    ...TOKENS.map(bearer),
    [],
    [...bearer("GOOD"), ...bearer("GOOD")],
    [...bearer("GOOD"), "Authorization: Basic eDp5"],
    ["Authorization: Bearer"],
    ["Authorization: Bearer a.b.c"],
    ["Authorization: Bearer \xff"],
    ["Authorization: Basic eDp5"],
    [`Authorization: Bearer ${"a".repeat(9_000)}`],
  ];
  return fc.oneof(
    { weight: 60, arbitrary: fc.constant(bearer("GOOD")) },
    { weight: 1, arbitrary: fc.constantFrom(...strange) },
  );
}

function headersOf({ request, idempotency }: Route): fc.Arbitrary<readonly string[]> {
  const declared = Object.keys(request.headers.properties).map((name) =>
    fc.option(
      fc.oneof({ weight: 6, arbitrary: fc.constant("*") }, strangeHeader).map((text) => `${name}: ${text}`),
      {
        freq: 6,
        nil: null,
      },
    ),
  );
  const key = fc.oneof(
    { weight: 10, arbitrary: fc.uuid() },
    fc.constantFrom("same-key", '"same-key"'),
    strangeHeader,
  );
  const keys =
    idempotency.kind === "key"
      ? [
          fc.option(
            key.map((text) => `${names.idempotencyKey}: ${text}`),
            { freq: 6, nil: null },
          ),
        ]
      : [];
  const noise = fc.oneof(
    { weight: 4, arbitrary: fc.constant<string[]>([]) },
    {
      weight: 1,
      arbitrary: fc.array(
        fc.tuple(fc.constantFrom(...NOISE), strangeHeader).map((pair) => pair.join(": ")),
        { minLength: 1, maxLength: 3 },
      ),
    },
  );
  return fc
    .tuple(fc.tuple(...declared, ...keys), noise)
    .map(([own, more]) => [...own.filter((line) => line !== null), ...more]);
}

/** Headers with a meaning to somebody on the way. */
const NOISE = [
  ...["Accept", "Accept-Encoding", "Accept-Language", "Cache-Control", "If-None-Match", "If-Modified-Since"],
  ...["If-Match", "If-Range", "Range", "Cookie", "Origin", "Referer", "Upgrade", "Via", "TE", "Trailer"],
  ...["X-Forwarded-For", "X-Forwarded-Host", "Forwarded", "X-HTTP-Method-Override", "X-Original-URL"],
  ...["CF-Connecting-IP", "Access-Control-Request-Method", "Content-Language", "Sec-Fetch-Mode", "Prefer"],
  ...Object.values(names),
];

const strangeHeader = fc.oneof(
  fc.constantFrom(
    "",
    "*",
    '"1"',
    'W/"1"',
    '"',
    '"a", "b"',
    "1",
    "a,b",
    "a;b",
    "null",
    "0",
    "-1",
    "bytes=0-1",
  ),
  fc.constantFrom(
    "no-cache",
    "only-if-cached",
    "max-age=0",
    "gzip",
    "identity;q=0",
    "*;q=0",
    "GET",
    "trailers",
  ),
  fc.constantFrom(
    "\xff\xfe",
    "caf\xe9",
    "a\tb",
    "a".repeat(3_000),
    "00-0-0-0",
    "a.b",
    "Sat, 31 Feb 2026 25:61:61 GMT",
  ),
  fc.string({ unit: "grapheme-ascii", maxLength: 40 }).map((text) => text.trim()),
);
