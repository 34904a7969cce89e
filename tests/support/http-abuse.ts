/** Requests that are none, or that two readers could read as two different ones. */

/** What the parts of an abuse are made of. */
export type Ammunition = {
  /** A whole good GET, which must never be answered from inside of another request. */
  readonly smuggled: string;
  /** Head lines of a good POST without its framing: request line, Host, assertion. */
  readonly post: string;
  /** The same of a good GET. */
  readonly get: string;
};

/** `closed`: refused, and nothing that follows on the connection is read. */
type Outcome = "closed" | "next is answered";

export type Abuse = {
  readonly name: string;
  /** As RFC 9112 or RFC 9110 has it. */
  readonly bytes: (ammunition: Ammunition) => string;
  /** Of the answers to it, in order. */
  readonly statuses: readonly number[];
  readonly after: Outcome;
};

const CRLF = "\r\n";
const lines = (...all: readonly string[]) => [...all, "", ""].join(CRLF);

function posted(
  name: string,
  headers: readonly string[],
  body: (smuggled: string) => string,
  statuses: readonly number[],
  after: Outcome,
): Abuse {
  return { name, statuses, after, bytes: ({ post, smuggled }) => lines(post, ...headers) + body(smuggled) };
}
const refusedPost = (
  name: string,
  headers: readonly string[],
  body = (smuggled: string) => `0${CRLF}${CRLF}${smuggled}`,
) => posted(name, headers, body, [400], "closed");
const refusedGet = (name: string, headers: readonly string[], status = 400): Abuse => ({
  name,
  statuses: [status],
  after: "closed",
  bytes: ({ get }) => lines(get, ...headers),
});
const whole = (
  name: string,
  text: string,
  statuses: readonly number[] = [400],
  after: Outcome = "closed",
): Abuse => ({ name, statuses, after, bytes: () => text });

export const abuses: readonly Abuse[] = [
  refusedPost("both a length and chunks", ["Content-Length: 5", "Transfer-Encoding: chunked"]),
  refusedPost("chunks and a length", ["Transfer-Encoding: chunked", "Content-Length: 5"]),
  refusedPost("two lengths that differ", ["Content-Length: 5", "Content-Length: 6"]),
  refusedPost("twice the same length", ["Content-Length: 5", "Content-Length: 5"]),
  refusedPost("a list of lengths", ["Content-Length: 5, 5"]),
  refusedPost("a length with a sign", ["Content-Length: +5"]),
  refusedPost("a negative length", ["Content-Length: -5"]),
  refusedPost("a hexadecimal length", ["Content-Length: 0x5"]),
  refusedPost("a length with a fraction", ["Content-Length: 5.0"]),
  refusedPost("an empty length", ["Content-Length: "]),
  refusedPost("a length beyond all numbers", ["Content-Length: 99999999999999999999"]),
  refusedPost("a coding that only looks like chunked", ["Transfer-Encoding: xchunked"]),
  refusedPost("a coding beside chunked", ["Transfer-Encoding: chunked, identity"]),
  refusedPost("a coding before chunked", ["Transfer-Encoding: identity, chunked"]),
  refusedPost("chunked twice", ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"]),
  refusedPost("chunked and cow", ["Transfer-Encoding: chunked", "Transfer-Encoding: cow"]),
  refusedPost("chunked with a vertical tab", ["Transfer-Encoding: chunked\x0b"]),
  refusedPost("chunked with a leading vertical tab", ["Transfer-Encoding:\x0bchunked"]),
  refusedPost("chunked in quotes", ['Transfer-Encoding: "chunked"']),
  refusedPost("a coding that is empty", ["Transfer-Encoding:", "Content-Length: 5"]),
  refusedPost("identity", ["Transfer-Encoding: identity"]),
  refusedPost("a space before the colon", ["Transfer-Encoding : chunked"]),
  refusedPost("a tab before the colon", ["Transfer-Encoding\t: chunked"]),
  refusedPost("a space before the colon of a length", ["Content-Length : 5"]),
  refusedPost("a header line that is folded", ["Transfer-Encoding:", " chunked", "Content-Length: 5"]),
  posted(
    "an underscore for the hyphen, which is another header",
    ["Transfer_Encoding: chunked", "Content-Length: 2"],
    () => "{}",
    [400],
    "next is answered",
  ),
  refusedPost("a NUL in a name", ["Transfer\0-Encoding: chunked"]),
  refusedGet("a folded header line", ["X-A: b", "\tc"]),
  refusedGet("a first header line that is folded", [" X-A: b"]),
  refusedGet("a header line without a colon", ["X-A"]),
  refusedGet("a header without a name", [": b"]),
  refusedGet("a NUL in a value", ["X-A: a\0b"]),
  refusedGet("a bare CR in a value", ["X-A: a\rX-B: c"]),
  refusedGet("a bare LF between header lines", ["X-A: a\nX-B: c"]),
  refusedGet("a header larger than 16 KiB", [`X-A: ${"a".repeat(17_000)}`], 431),
  refusedGet(
    "3,000 headers",
    Array.from({ length: 3_000 }, () => "a:"),
    431,
  ),
  refusedGet(
    "2,001 headers",
    Array.from({ length: 2_001 }, () => "a:"),
    431,
  ),
  {
    name: "bare LFs throughout",
    statuses: [400],
    after: "closed",
    bytes: ({ get }) => lines(get).replaceAll(CRLF, "\n"),
  },
  whole("a request line of 20 KB", `GET /${"a".repeat(20_000)} HTTP/1.1${CRLF}Host: x${CRLF}${CRLF}`, [431]),
  whole("HTTP/0.9", `GET /${CRLF}`),
  whole("the preface of HTTP/2", `PRI * HTTP/2.0${CRLF}${CRLF}SM${CRLF}${CRLF}`),
  whole("HTTP/1.2", `GET / HTTP/1.2${CRLF}Host: x${CRLF}${CRLF}`),
  whole("HTTP/2.0", `GET / HTTP/2.0${CRLF}Host: x${CRLF}${CRLF}`),
  whole("http/1.1 in lower case", `GET / http/1.1${CRLF}Host: x${CRLF}${CRLF}`),
  whole(
    "two spaces in the request line, which are as good as one",
    `GET  / HTTP/1.1${CRLF}Host: x${CRLF}${CRLF}`,
    [401],
    "next is answered",
  ),
  whole("a tab in the request line", `GET\t/ HTTP/1.1${CRLF}Host: x${CRLF}${CRLF}`),
  whole("a method in lower case", `get / HTTP/1.1${CRLF}Host: x${CRLF}${CRLF}`),
  whole("a method that nobody knows", `FROB / HTTP/1.1${CRLF}Host: x${CRLF}${CRLF}`),
  whole("no Host", `GET / HTTP/1.1${CRLF}${CRLF}`),
  whole("two Hosts", `GET / HTTP/1.1${CRLF}Host: x${CRLF}Host: y${CRLF}${CRLF}`),
  whole("an empty Host", `GET / HTTP/1.1${CRLF}Host: ${CRLF}${CRLF}`),
  whole("a Host with a path", `GET / HTTP/1.1${CRLF}Host: x/y${CRLF}${CRLF}`),
  whole("a Host with a user", `GET / HTTP/1.1${CRLF}Host: a@b${CRLF}${CRLF}`),
  whole("CONNECT", `CONNECT x:443 HTTP/1.1${CRLF}Host: x:443${CRLF}${CRLF}`, []),
  whole("TRACE", `TRACE / HTTP/1.1${CRLF}Host: x${CRLF}${CRLF}`, [401], "next is answered"),
  whole("OPTIONS *", `OPTIONS * HTTP/1.1${CRLF}Host: x${CRLF}${CRLF}`, [401], "next is answered"),
  whole(
    "the absolute form",
    `GET http://x/problems/unavailable HTTP/1.1${CRLF}Host: x${CRLF}${CRLF}`,
    [401],
    "next is answered",
  ),
  whole(
    "an absolute form of another Host",
    `GET http://y/problems/unavailable HTTP/1.1${CRLF}Host: x${CRLF}${CRLF}`,
    [401],
    "next is answered",
  ),
  whole(
    "an unknown expectation",
    `GET / HTTP/1.1${CRLF}Host: x${CRLF}Expect: miracles${CRLF}${CRLF}`,
    [401],
    "next is answered",
  ),
  whole(
    "a websocket upgrade",
    `GET / HTTP/1.1${CRLF}Host: x${CRLF}Connection: Upgrade${CRLF}Upgrade: websocket${CRLF}${CRLF}`,
    [401],
  ),
  whole(
    "a h2c upgrade",
    `GET / HTTP/1.1${CRLF}Host: x${CRLF}Connection: Upgrade, HTTP2-Settings${CRLF}Upgrade: h2c${CRLF}HTTP2-Settings: AAMAAABkAAQAAP__${CRLF}${CRLF}`,
    [401],
  ),
  posted(
    "a chunk size that is no number",
    ["Transfer-Encoding: chunked"],
    (s) => `xyz${CRLF}${s}`,
    [400],
    "closed",
  ),
  posted("a negative chunk size", ["Transfer-Encoding: chunked"], (s) => `-1${CRLF}${s}`, [400], "closed"),
  posted(
    "a chunk size with 0x",
    ["Transfer-Encoding: chunked"],
    (s) => `0x1${CRLF}a${CRLF}0${CRLF}${CRLF}${s}`,
    [400],
    "closed",
  ),
  posted(
    "a chunk size beyond all numbers",
    ["Transfer-Encoding: chunked"],
    (s) => `fffffffffffffffff${CRLF}${s}`,
    [400],
    "closed",
  ),
  posted(
    "a chunk larger than it says",
    ["Transfer-Encoding: chunked"],
    (s) => `1${CRLF}aaaa${CRLF}0${CRLF}${CRLF}${s}`,
    [400],
    "closed",
  ),
  posted(
    "a chunk that ends in a bare LF",
    ["Transfer-Encoding: chunked"],
    (s) => `1${CRLF}a\n0${CRLF}${CRLF}${s}`,
    [400],
    "closed",
  ),
  posted(
    "a chunk size that ends in a bare LF",
    ["Transfer-Encoding: chunked"],
    (s) => `1\na${CRLF}0${CRLF}${CRLF}${s}`,
    [400],
    "closed",
  ),
  posted(
    "a chunk size that ends in a space",
    ["Transfer-Encoding: chunked"],
    (s) => `1 ${CRLF}a${CRLF}0${CRLF}${CRLF}${s}`,
    [400],
    "closed",
  ),
  posted(
    "a chunk extension that ends in a bare LF",
    ["Transfer-Encoding: chunked"],
    (s) => `1;\na${CRLF}0${CRLF}${CRLF}${s}`,
    [400],
    "closed",
  ),
  posted(
    "a chunk extension of 20 KB",
    ["Transfer-Encoding: chunked"],
    (s) => `1;${"a".repeat(20_000)}${CRLF}a${CRLF}0${CRLF}${CRLF}${s}`,
    [400],
    "closed",
  ),
  posted(
    "a chunk extension",
    ["Transfer-Encoding: chunked"],
    () => `2;a=b${CRLF}{}${CRLF}0${CRLF}${CRLF}`,
    [400],
    "next is answered",
  ),
  posted(
    "a trailer that speaks of the length",
    ["Transfer-Encoding: chunked"],
    () => `2${CRLF}{}${CRLF}0${CRLF}Content-Length: 50${CRLF}${CRLF}`,
    [400],
    "closed",
  ),
  posted(
    "trailers larger than 16 KiB",
    ["Transfer-Encoding: chunked"],
    () => `2${CRLF}{}${CRLF}0${CRLF}X: ${"a".repeat(20_000)}${CRLF}${CRLF}`,
    [431],
    "closed",
  ),
];
