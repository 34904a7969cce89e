import fc from "fast-check";
import type { TObject, TSchema } from "typebox";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { contract, scopesOf } from "#shared/contract.ts";
import { headers as names } from "#shared/headers.ts";
import type { ProblemDocument } from "#shared/problems.ts";
import { type Contract, mediaTypeOf, NDJSON_MEDIA_TYPE, type Route } from "#shared/route.ts";
import { type EdgeUnderTest, startEdgeUnderTest, tokenClaims } from "#tests/support/edge.ts";
import { signAssertion } from "#tests/support/origin.ts";
import { type RawAnswer, rawRequest } from "#tests/support/raw-http.ts";
import type { OriginAnswer } from "#tests/support/recording-origin.ts";
import { stack } from "#tests/support/stack.ts";

/**
 * The same generated input to both tiers, each by itself: an edge whose origin takes everything, and
 * the real origin. Where one refuses the other has to refuse, at the same places by the same rules.
 */

type Pair = readonly [name: string, text: string];
type Input = { readonly target: string; readonly headers: readonly string[] };

const NO_LIMIT = "1000000000";

/** What the parts of a request that both tiers check can be refused for. */
const CHECKED_BY_BOTH = [
  "non-canonical-path",
  "uri-too-long",
  "unknown-route",
  "method-not-allowed",
  "unsupported-media-type",
];

describe("both tiers", () => {
  let edge: EdgeUnderTest;
  let bearer: string;
  beforeAll(async () => {
    edge = await startEdgeUnderTest({
      variables: {
        QUOTA_DEFAULT: NO_LIMIT,
        QUOTA_ANONYMOUS: NO_LIMIT,
        QUOTA_TOKEN: NO_LIMIT,
        QUOTA_LOGIN: NO_LIMIT,
      },
    });
    bearer = await edge.token({ scope: scopesOf(contract).join(" ") });
  });
  afterAll(() => edge.stop());

  const askEdge = ({ method, access }: Route, { target, headers }: Input) => {
    const credentials = access.kind === "token" ? [`Authorization: Bearer ${bearer}`] : [];
    return rawRequest(edge.url, `${method} ${target}`, [...credentials, ...headers]);
  };

  const askOrigin = ({ method, access }: Route, { target, headers }: Input) => {
    const { tenant, sub, client_id } = tokenClaims();
    const identity = { tenantId: String(tenant), subject: String(sub), clientId: String(client_id) };
    const assertion = signAssertion({
      target: `${method} ${target}`,
      ...(access.kind === "token" ? { ...identity, scopes: [...access.scopes] } : {}),
    });
    return rawRequest(stack().originUrl, `${method} ${target}`, [
      `${names.assertion}: ${assertion}`,
      ...headers,
    ]);
  };

  const routes = Object.entries(contract as Contract).filter(([, { servedBy }]) => servedBy === "origin");

  it.each(routes)("accept and refuse the same for %s", async (_, route) => {
    const seen = { accepted: 0, refused: 0 };
    edge.origin.answer = () => successOf(route);
    await fc.assert(
      fc.asyncProperty(inputsOf(route), async (input) => {
        edge.origin.requests.length = 0;
        const [atEdge, atOrigin] = await Promise.all([askEdge(route, input), askOrigin(route, input)]);
        expect(verdict(atEdge)).toEqual(verdict(atOrigin));
        seen[verdict(atEdge) === "accepted" ? "accepted" : "refused"]++;

        // What the edge made of the target means the same to the origin as the original.
        const target = edge.origin.requests[0]?.url;
        if (target === undefined || atOrigin.status !== 200) return;
        const again = await askOrigin(route, { ...input, target });
        expect([again.status, again.body]).toEqual([200, atOrigin.body]);
      }),
      { numRuns: 80 },
    );
    // A generator that only ever makes one kind would prove nothing.
    expect(seen.accepted).toBeGreaterThan(5);
    if (Object.keys(route.request.query.properties).length > 0) expect(seen.refused).toBeGreaterThan(5);
  });
});

/** An answer that the edge takes for one of the contract's. */
function successOf({ responses }: Route): OriginAnswer {
  const status = Math.min(...Object.keys(responses).map(Number));
  const lines = { status, headers: { "content-type": NDJSON_MEDIA_TYPE } };
  return responses[status]?.line === undefined ? { status } : lines;
}

/** `accepted`, or what it was refused for; what a handler finds later counts as accepted. */
function verdict({ status, body }: RawAnswer): unknown {
  // workerd answers `<`, `>` and the like in a request line itself, before the Worker runs.
  if (status === 400 && !body.startsWith("{")) return "non-canonical-path";
  if (status === 429 || status >= 500) throw new Error(`answered with ${status}: ${body}`);
  const document: Partial<ProblemDocument> = body.startsWith("{") ? JSON.parse(body) : {};
  const { code = "", errors = [], error, error_description: described } = document;
  // RFC 6749: an empty form lacks a grant_type, which only the origin looks for.
  if (error === "invalid_request" && described !== "grant_type is missing") return described;
  if (CHECKED_BY_BOTH.includes(code)) return code;
  const broken = errors.filter((error) => error.in !== "body");
  if (code !== "invalid-request" || broken.length === 0) return "accepted";
  return broken.map((error) => `${error.in} ${error.pointer} ${error.rule}`).sort();
}

/** Inputs of a route: about half of the values are as its schemas want them, the rest are strange. */
function inputsOf({ path, request, idempotency }: Route): fc.Arbitrary<Input> {
  const segments = Object.entries(request.params.properties).map(([name, schema]) =>
    fc.oneof({ weight: 4, arbitrary: valid(name, schema) }, strangeSegment).map((text): Pair => [name, text]),
  );
  return fc
    .tuple(fc.tuple(...segments), queryOf(request.query), headersOf(request), keyOf(idempotency))
    .map(([params, query, headers, key]) => {
      let target: string = path;
      for (const [name, text] of params) target = target.replace(`:${name}`, () => text);
      return { target: query === "" ? target : `${target}?${query}`, headers: [...headers, ...key] };
    });
}

const strangeSegment = fc.oneof(
  fc.constantFrom("..", ".", "...", "%2e%2e", "%41", "a%2fb", "a;b", "a=b", "import", "__proto__", "~"),
  fc.string({ unit: fc.constantFrom(..."aZ09._~-!$&'()*+,;=:@%|\"<>\\^`{}"), minLength: 1, maxLength: 70 }),
  fc.uuid().map((id) => id.toUpperCase()),
);

const strangeText = fc.oneof(
  fc.constantFrom("", "0", "-1", "+1", "1.0", "1e1", "007", "101", "true", "TRUE", "null", "a+b", "a=b"),
  fc.constantFrom("%31", "%61ctive", "%00", "%ff", "%", "%zz", "%ed%a0%80", "%F0%9F%92%A9", "%2B", "%26x=1"),
  fc
    .string({ unit: "binary", maxLength: 120 })
    .filter((text) => text.isWellFormed())
    .map(encodeURIComponent),
);

function queryOf({ properties }: TObject): fc.Arbitrary<string> {
  const declared = Object.entries(properties)
    // Only the origin can tell a forged cursor from one of its own.
    .filter(([name]) => name !== "cursor")
    .map(([name, schema]) =>
      fc.tuple(fc.constant(name), fc.oneof({ weight: 3, arbitrary: valid(name, schema) }, strangeText)),
    );
  const pair = fc.tuple(
    fc.constantFrom("x", "", "__proto__", "constructor", "PageSize", "%70ageSize"),
    strangeText,
  );
  const once = fc.tuple(...declared).chain((pairs) => fc.subarray(pairs));
  const disorder = fc.array(fc.oneof(pair, ...declared), { maxLength: 2 });
  return fc
    .oneof(
      { weight: 3, arbitrary: once },
      fc.tuple(once, disorder).map(([first, more]) => [...first, ...more]),
    )
    .chain((pairs) => fc.shuffledSubarray(pairs, { minLength: pairs.length }))
    .chain((pairs) =>
      fc.constantFrom("&", "&", "&&").map((and) => pairs.map(([name, text]) => `${name}=${text}`).join(and)),
    );
}

function headersOf({ headers, body }: Route["request"]): fc.Arbitrary<string[]> {
  const tags = fc.constantFrom(
    '"1"',
    'W/"1"',
    "*",
    "1",
    '"',
    '"a", "b"',
    '""',
    "Basic eDp5",
    "a".repeat(1_001),
  );
  const declared = Object.keys(headers.properties).map((name) => tags.map((tag) => `${name}: ${tag}`));
  const types =
    body.kind === "none" ? [] : [contentTypes(mediaTypeOf(body)).map((type) => `Content-Type: ${type}`)];
  return fc
    .tuple(
      fc.subarray(declared).chain((some) => fc.tuple(...some)),
      fc.tuple(...types),
    )
    .map(([some, type]) => [...some, ...type, ...(body.kind === "none" ? [] : ["Content-Length: 0"])]);
}

function keyOf({ kind }: Route["idempotency"]): fc.Arbitrary<string[]> {
  if (kind !== "key") return fc.constant([]);
  const strange = fc.constantFrom('""', '"a', "a,b", "a b", "a;b", '"a\\"b"', '"a\\b"', "a".repeat(256));
  const key = fc.oneof({ weight: 4, arbitrary: fc.uuid() }, strange);
  return fc.option(key, { nil: null }).map((text) => (text === null ? [] : [`Idempotency-Key: ${text}`]));
}

function contentTypes(expected: string): fc.Arbitrary<string> {
  const spellings = [
    expected,
    expected.toUpperCase(),
    `${expected}; charset=utf-8`,
    `${expected};charset="UTF-8"`,
    `${expected} ;`,
    `${expected}; charset=latin1`,
    `${expected}; boundary=x`,
    `${expected}, text/plain`,
    "text/plain",
    "application/json",
    "*/*",
  ];
  return fc.oneof(fc.constant(expected), fc.constantFrom(...spellings));
}

/** What the schema takes, for the schemas that parameters have. */
function valid(name: string, schema: TSchema): fc.Arbitrary<string> {
  if ("items" in schema) {
    const { enum: choices } = schema.items as { enum: string[] };
    return fc.array(fc.constantFrom(...choices), { minLength: 1, maxLength: 6 }).map(String);
  }
  if ("enum" in schema) return fc.constantFrom(...(schema.enum as string[]));
  if ("type" in schema && schema.type === "integer") return fc.integer({ min: 1, max: 100 }).map(String);
  if (name.endsWith("Id")) return fc.uuid();
  return fc.string({ unit: fc.constantFrom(..."abcxyz-"), minLength: 1, maxLength: 20 });
}
