import { once } from "node:events";
import { connect } from "node:net";
import type { Serving } from "./contestant.ts";

/**
 * Sends one request and compares the answer: a contestant that answers something else is fast for
 * nothing.
 * @throws Error that says what differs
 */
export async function checkAnswer(request: string, { port, expected }: Serving): Promise<void> {
  const { status, headers, body } = await exchange(
    port,
    request.replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n"),
  );
  if (status !== 200) throw new Error(`status ${status}: ${body}`);
  if (body !== expected.body) throw new Error(`the body is\n${body}\ninstead of\n${expected.body}`);
  for (const [name, pattern] of Object.entries(expected.headers)) {
    const value = headers.get(name);
    if (value === null || !new RegExp(pattern).test(value))
      throw new Error(`${name}: ${value} is not /${pattern}/`);
  }
}

async function exchange(port: number, request: string) {
  const socket = connect(port, "127.0.0.1");
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.write(request);
  await once(socket, "close");
  const text = Buffer.concat(chunks).toString();
  const end = text.indexOf("\r\n\r\n");
  const [statusLine = "", ...lines] = text.slice(0, end).split("\r\n");
  const headers = new Headers(lines.map((line) => line.split(/:\s*(.*)/s).slice(0, 2) as [string, string]));
  return { status: Number(statusLine.split(" ")[1]), headers, body: text.slice(end + 4) };
}
