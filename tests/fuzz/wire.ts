import { connect } from "node:net";
import fc from "fast-check";
import type { Framing } from "./bodies.ts";

/** Tokens that a request can name; which they are is known when it is sent. */
export const TOKENS = ["GOOD", "EXPIRED", "SCOPELESS", "FOREIGN"] as const;
export type TokenName = (typeof TOKENS)[number];
export type Tokens = Readonly<Record<TokenName, string>>;

/** A request, byte for byte. */
export type FuzzRequest = {
  readonly method: string;
  readonly target: string;
  /** Lines in Latin-1, with `$GOOD` and the like where a token stands. */
  readonly headers: readonly string[];
  readonly body: Buffer;
  readonly framing: Framing;
};

export type Answer = {
  /** Null: the connection was closed without an answer, or the time was up. */
  readonly status: number | null;
  readonly headers: Headers;
  readonly body: string;
  readonly took: number;
  readonly isLate: boolean;
};

/** Longer than any route's budget by far. */
const PATIENCE_MS = 30_000;

/** Sends the request on a connection of its own and reads to its end. */
export function send(base: string, request: FuzzRequest, tokens: Tokens): Promise<Answer> {
  const { hostname, port, host } = new URL(base);
  const startedAt = performance.now();
  const chunks: Buffer[] = [];
  let isLate = false;
  return new Promise((resolve) => {
    const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
    const timer = setTimeout(() => {
      isLate = true;
      socket.destroy();
    }, PATIENCE_MS);
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("end", () => socket.end());
    // A server that refuses a body may close while it is still being sent.
    socket.on("error", () => undefined);
    socket.on("close", () => {
      clearTimeout(timer);
      const took = performance.now() - startedAt;
      resolve({ ...parseAnswer(Buffer.concat(chunks).toString("latin1")), took, isLate });
    });
    socket.write(bytesOf(request, host, tokens));
    // What was promised and does not come: the end of the connection says so.
    if (request.framing === "too-short") socket.end();
  });
}

function bytesOf(
  { method, target, headers, body, framing }: FuzzRequest,
  host: string,
  tokens: Tokens,
): Buffer {
  const filled = headers.map((line) =>
    line.replace(/\$([A-Z]+)$/, (_, name: TokenName) => tokens[name] ?? ""),
  );
  const lines = [`${method} ${target} HTTP/1.1`, `Host: ${host}`, "Connection: close", ...filled];
  const head = (...framingLines: readonly string[]) =>
    Buffer.from([...lines, ...framingLines, "", ""].join("\r\n"), "latin1");
  switch (framing) {
    case "none":
      return head();
    case "chunked":
      return Buffer.concat([head("Transfer-Encoding: chunked"), ...chunked(body)]);
    case "length":
      return Buffer.concat([head(`Content-Length: ${body.length}`), body]);
    case "too-short":
      return Buffer.concat([head(`Content-Length: ${body.length + 7}`), body]);
    case "too-long":
      return Buffer.concat([head(`Content-Length: ${Math.max(0, body.length - 7)}`), body]);
  }
}

const CHUNK_BYTES = 1_000;

function chunked(body: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length; at += CHUNK_BYTES) {
    const part = body.subarray(at, at + CHUNK_BYTES);
    parts.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from("\r\n"));
  }
  return [...parts, Buffer.from("0\r\n\r\n")];
}

function parseAnswer(text: string): Pick<Answer, "status" | "headers" | "body"> {
  const interim = /^HTTP\/1\.1 1\d\d.*?\r\n\r\n/s.exec(text)?.[0].length ?? 0;
  const whole = text.slice(interim);
  const end = whole.indexOf("\r\n\r\n");
  const [statusLine = "", ...lines] = whole.slice(0, Math.max(0, end)).split("\r\n");
  const status = /^HTTP\/1\.1 (\d{3})/.exec(statusLine)?.[1];
  const headers = new Headers();
  for (const line of lines) {
    const colon = line.indexOf(":");
    headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  const body = whole.slice(end + 4);
  const isChunked = headers.get("transfer-encoding") === "chunked";
  const decoded = Buffer.from(isChunked ? unchunk(body) : body, "latin1").toString();
  return { status: status === undefined ? null : Number(status), headers, body: decoded };
}

function unchunk(text: string): string {
  let [rest, whole] = [text, ""];
  for (;;) {
    const size = Number.parseInt(rest, 16);
    if (!(size > 0)) return whole;
    const start = rest.indexOf("\r\n") + 2;
    whole += rest.slice(start, start + size);
    rest = rest.slice(start + size + 2);
  }
}

/** A request that fast-check prints as the command line that sends it. */
export function withCurl(request: FuzzRequest): FuzzRequest {
  return Object.assign(request, { [fc.toStringMethod]: () => curlOf(request) });
}

/** For a POSIX shell with `URL` and the tokens as variables; odd bytes come out of base64. */
export function curlOf({ method, target, headers, body, framing }: FuzzRequest): string {
  const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
  const header = (line: string) =>
    /\$[A-Z]+$/.test(line)
      ? `-H "${line}"`
      : /[^\x20-\x7e]/.test(line)
        ? `-H "$(echo ${Buffer.from(line, "latin1").toString("base64")} | base64 -d)"`
        : `-H ${quote(line)}`;
  const given = framing === "none" ? "" : `echo ${body.toString("base64")} | base64 -d | `;
  const sent = framing === "none" ? [] : ["--data-binary @-"];
  const asked = framing === "chunked" ? [`-H 'Transfer-Encoding: chunked'`] : [];
  const url = `"$URL"${quote(target)}`;
  const parts = [
    "curl -i --path-as-is -g",
    `-X ${quote(method)}`,
    url,
    ...headers.map(header),
    ...asked,
    ...sent,
  ];
  const note =
    framing === "too-short" || framing === "too-long" ? `  # its Content-Length is ${framing}` : "";
  return `\n${given}${parts.join(" ")}${note}\n`;
}
