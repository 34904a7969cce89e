/**
 * Attempts at cache deception (a private answer stored under a URL that looks public) and poisoning
 * (an answer stored for all that one request's unkeyed parts have shaped).
 */

/** What became of an attempt, as the victim's first read shows it. */
type Outcome =
  /** A problem of this code, or this status where the runtime itself refuses; nothing was stored. */
  | { readonly refused: string | number }
  /** Answered with this status like any read, and into the victim's own entry. */
  | { readonly shares: number }
  /** Answered with this status, and apart from the victim's entry. */
  | { readonly apart: number };

export type Attack = Outcome & {
  /** Continues "an attack by ...". */
  readonly by: string;
  readonly method?: string;
  /** What is put in place of the victim's target. Default: the target itself. */
  readonly target?: (victim: string) => string;
  readonly headers?: readonly string[];
  readonly body?: string;
  /** Default: one product. */
  readonly victim?: "product" | "list";
};

const suffix = (text: string) => (victim: string) => victim + text;
const shares = { shares: 200 } as const;
const list = { victim: "list" } as const;
const refused = (code: string | number) => ({ refused: code });

const deception: readonly Attack[] = [
  { by: "a file name after the product", target: suffix("/x.css"), ...refused("unknown-route") },
  { by: "a file name that crawlers ask for", target: suffix("/robots.txt"), ...refused("unknown-route") },
  { by: "an extension", target: suffix(".css"), ...refused("invalid-request") },
  { by: "a path parameter", target: suffix(";x.css"), ...refused("invalid-request") },
  { by: "a path parameter on the list", target: () => "/v1/products;x.css", ...refused("unknown-route") },
  { by: "an encoded slash", target: suffix("%2fx.css"), ...refused("non-canonical-path") },
  { by: "a doubly encoded slash", target: suffix("%252fx.css"), ...refused("non-canonical-path") },
  { by: "an encoded dot", target: suffix("%2ecss"), ...refused("non-canonical-path") },
  { by: "an encoded null byte", target: suffix("%00.css"), ...refused("non-canonical-path") },
  { by: "an encoded line feed", target: suffix("%0ax.css"), ...refused("non-canonical-path") },
  { by: "an encoded question mark", target: suffix("%3fx.css"), ...refused("non-canonical-path") },
  { by: "an encoded number sign", target: suffix("%23x.css"), ...refused("non-canonical-path") },
  { by: "an encoded semicolon", target: suffix("%3bx.css"), ...refused("non-canonical-path") },
  { by: "a trailing slash", target: suffix("/"), ...refused("non-canonical-path") },
  { by: "a doubled slash before it", target: (victim) => `/${victim}`, ...refused("non-canonical-path") },
  { by: "a doubled slash after it", target: suffix("//x.css"), ...refused("non-canonical-path") },
  { by: "a backslash", target: suffix("\\x.css"), ...refused("non-canonical-path") },
  { by: "dot segments", target: (victim) => `/static/..${victim}`, ...refused("non-canonical-path") },
  {
    by: "encoded dot segments",
    target: (victim) => `/static/%2e%2e${victim}`,
    ...refused("non-canonical-path"),
  },
  { by: "dot segments behind it", target: suffix("/../x.css"), ...refused("non-canonical-path") },
  {
    by: "an encoded letter",
    target: (victim) => victim.replace("v1", "%761"),
    ...refused("non-canonical-path"),
  },
  { by: "upper case", target: (victim) => victim.toUpperCase(), ...refused("unknown-route") },
  {
    by: "an upper-case id",
    target: (victim) => victim.slice(0, 13) + victim.slice(13).toUpperCase(),
    ...refused("invalid-request"),
  },
  { by: "a fragment", target: suffix("#x.css"), ...shares },
  { by: "a file name as the query", target: suffix("?x.css"), ...refused("invalid-request") },
];

const query: readonly Attack[] = [
  { by: "an unknown parameter", target: suffix("?cachebuster=1"), ...refused("invalid-request") },
  { by: "a tracking parameter", target: suffix("&utm_source=x"), ...list, ...refused("invalid-request") },
  { by: "a repeated parameter", target: suffix("&q=other"), ...list, ...refused("invalid-request") },
  { by: "a parameter in upper case", target: suffix("&Q=other"), ...list, ...refused("invalid-request") },
  { by: "a parameter as an array", target: suffix("&q[]=other"), ...list, ...refused("invalid-request") },
  { by: "a cloaked parameter", target: suffix(";status=draft"), ...list, apart: 200 },
  { by: "a callback", target: suffix("&callback=alert"), ...list, ...refused("invalid-request") },
  { by: "another method as a parameter", target: suffix("?_method=DELETE"), ...refused("invalid-request") },
  { by: "a token as a parameter", target: suffix("?access_token=x"), ...refused("invalid-request") },
  { by: "a default spelt out", target: suffix("&pageSize=20"), ...list, ...shares },
  { by: "a default put first", target: (v) => v.replace("?", "?pageSize=20&"), ...list, ...shares },
  { by: "an encoded parameter name", target: (v) => v.replace("q=", "%71="), ...list, ...shares },
  { by: "an encoded parameter value", target: (v) => v.replace("=A", "=%41"), ...list, ...shares },
  { by: "empty parameters", target: (v) => `${v.replace("?", "?&&")}&`, ...list, ...shares },
  { by: "an empty query", target: suffix("?"), ...shares },
];

const headers: readonly Attack[] = [
  ...[
    "X-Forwarded-Host: evil.test",
    "X-Forwarded-Scheme: http",
    "X-Forwarded-Proto: http",
    "X-Forwarded-Port: 1337",
    "X-Forwarded-Prefix: /evil",
    "X-Forwarded-For: 127.0.0.1",
    "Forwarded: for=127.0.0.1;host=evil.test;proto=http",
    "X-Real-IP: 127.0.0.1",
    "True-Client-IP: 127.0.0.1",
    "X-Host: evil.test",
    "X-Original-URL: /v1/categories",
    "X-Rewrite-URL: /v1/categories",
    "X-HTTP-Method-Override: DELETE",
    "X-HTTP-Method: DELETE",
    "X-Method-Override: DELETE",
    "Accept: text/html",
    "Accept-Language: evil",
    "Accept-Encoding: br;q=1, evil",
    "Accept-Charset: utf-7",
    "Cookie: session=attacker; tenant=rival",
    "User-Agent: <script>",
    "Referer: https://evil.test/",
    "Origin: https://evil.test",
    "Range: bytes=0-3",
    'If-Range: "1"',
    'If-Match: "0"',
    "If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT",
    "Cache-Control: no-store",
    "Cache-Control: only-if-cached",
    "Cache-Control: max-age=0",
    "Pragma: no-cache",
    "Connection: Authorization",
    "Connection: gatehouse-assertion",
    "Keep-Alive: timeout=0",
    "TE: trailers",
    "Upgrade: h2c",
    "Via: 1.1 gatehouse",
    "Max-Forwards: 0",
    "CDN-Loop: gatehouse",
    "gatehouse-assertion: e30.AAAA",
    "gatehouse-trace: a b c",
    "cf-connecting-ip: 127.0.0.1",
    "cf-worker: evil.test",
    'cf-visitor: {"scheme":"http"}',
    "CF-Cache-Key: evil",
    "Cache-Tag: evil",
    "CDN-Cache-Control: max-age=99999",
    "Content-Type: text/html",
    "X-Tenant-Id: rival",
    "X-Request-Id: <script>alert(1)</script>",
    "X-Correlation-Id: attack-correlation",
    "traceparent: 00-11111111111111111111111111111111-2222222222222222-01",
    "Idempotency-Key: attack",
  ].map((header): Attack => ({ by: `the header ${header}`, headers: [header], ...shares })),
  {
    by: "the header Range on the list",
    headers: ["Range: bytes=0-3"],
    ...list,
    ...shares,
  },
  {
    by: "a forged consistency token",
    headers: [`gatehouse-consistency: 999.1.${"A".repeat(43)}`],
    ...refused("invalid-request"),
  },
  { by: "a condition on any entity tag", headers: ["If-None-Match: *"], shares: 304 },
  {
    by: "a second Authorization header",
    headers: ["Authorization: Bearer x"],
    ...refused("malformed-authorization"),
  },
  { by: "an oversized header", headers: [`X-Big: ${"a".repeat(70_000)}`], ...shares },
  { by: "a broken header", headers: ["X-Evil\u0001: x"], ...refused(400) },
  { by: "a second Host header", headers: ["Host: evil.test"], ...shares },
];

const messages: readonly Attack[] = [
  { by: "HEAD", method: "HEAD", ...shares },
  { by: "an unknown method", method: "PURGE", ...refused("method-not-allowed") },
  { by: "POST to what is read", method: "POST", ...refused("method-not-allowed") },
  { by: "OPTIONS", method: "OPTIONS", apart: 204 },
  { by: "a method in lower case", method: "get", ...refused(501) },
  { by: "an absolute target of another host", target: (v) => `http://evil.test${v}`, ...shares },
  { by: "an absolute target of another scheme", target: (v) => `https://evil.test${v}`, ...shares },
  {
    by: "a body that a framework may read as the query",
    headers: ["Content-Type: application/x-www-form-urlencoded", "Content-Length: 12"],
    body: "status=draft",
    ...list,
    ...shares,
  },
  {
    by: "a body that holds another request",
    headers: ["Content-Length: 34"],
    body: "GET /v1/categories HTTP/1.1\r\nX: y\r\n",
    ...shares,
  },
  {
    by: "a length and a transfer coding at once",
    headers: ["Content-Length: 5", "Transfer-Encoding: chunked"],
    body: "0\r\n\r\n",
    ...shares,
  },
  { by: "the expectation of a 100", headers: ["Expect: 100-continue"], ...shares },
];

export const attacks: readonly Attack[] = [...deception, ...query, ...headers, ...messages];
