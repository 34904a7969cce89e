import { connect } from "node:net";

/** One of several answers on a connection. */
export type Reply = { readonly status: number; readonly head: string; readonly body: string };

const PATIENCE_MS = 10_000;

/**
 * Writes bytes as they are, and reads what comes until the server closes.
 * @param leave ends our half of the connection behind the bytes
 * @returns the answers in order; interim ones (1xx) are left out
 * @throws Error when the server has not closed within ten seconds
 */
export function talk(base: string, bytes: string | Buffer, leave = false): Promise<readonly Reply[]> {
  const { hostname, port } = new URL(base);
  const chunks: Buffer[] = [];
  return new Promise((resolve, reject) => {
    const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
    const read = () => Buffer.concat(chunks).toString("latin1");
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`the connection is still open after: ${JSON.stringify(read())}`));
    }, PATIENCE_MS);
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("end", () => socket.end());
    // A server that refuses may close while we are still sending.
    socket.on("error", () => undefined);
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(repliesIn(read()));
    });
    socket.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);
    if (leave) socket.end();
  });
}

/** Splits what came into answers by their framing, so that one inside the body of another is not counted. */
function repliesIn(text: string): Reply[] {
  const replies: Reply[] = [];
  let rest = text;
  while (rest !== "") {
    const end = rest.indexOf("\r\n\r\n");
    const head = end === -1 ? rest : rest.slice(0, end);
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1] ?? Number.NaN);
    const after = end === -1 ? "" : rest.slice(end + 4);
    const { body, length } = bodyOf(head, status, after);
    if (!(status < 200)) replies.push({ status, head, body });
    rest = after.slice(length);
  }
  return replies;
}

function bodyOf(
  head: string,
  status: number,
  after: string,
): { readonly body: string; readonly length: number } {
  if (status < 200 || status === 204 || status === 304) return { body: "", length: 0 };
  const length = /^content-length: (\d+)\r?$/im.exec(head)?.[1];
  if (length !== undefined) return { body: after.slice(0, Number(length)), length: Number(length) };
  if (!/^transfer-encoding: chunked\r?$/im.test(head)) return { body: after, length: after.length };
  const end = after.indexOf("0\r\n\r\n");
  return { body: after.slice(0, end), length: end + 5 };
}
