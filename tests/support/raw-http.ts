import { once } from "node:events";
import { connect } from "node:net";

export type RawAnswer = { readonly status: number; readonly headers: Headers; readonly body: string };

/**
 * Sends a request exactly as written (no client tidies the path or joins headers) and reads
 * the answer until the server closes.
 */
export async function rawRequest(
  base: string,
  requestLine: string,
  headers: readonly string[] = [],
  body = "",
): Promise<RawAnswer> {
  const { hostname, port, host } = new URL(base);
  const socket = connect(Number(port), hostname);
  const chunks: Buffer[] = [];
  socket.on("data", (chunk) => chunks.push(chunk));
  socket.write(
    [`${requestLine} HTTP/1.1`, `Host: ${host}`, "Connection: close", ...headers, "", body].join("\r\n"),
  );
  await once(socket, "close");
  return parse(Buffer.concat(chunks).toString());
}

function parse(text: string): RawAnswer {
  const [head = "", ...rest] = text.split("\r\n\r\n");
  const [statusLine = "", ...lines] = head.split("\r\n");
  const headers = new Headers(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    }),
  );
  return { status: Number(statusLine.split(" ")[1]), headers, body: rest.join("\r\n\r\n") };
}
