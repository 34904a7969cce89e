import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/** Commands so far, by the key that each is about; a script's by its keys, joined. */
export type Counts = Readonly<Record<string, number>>;

export const COUNTS_PATH = "/counts";

/**
 * Passes commands on to a Redis that speaks Upstash's REST protocol, and counts them.
 * @returns the URL of the endpoint; its `COUNTS_PATH` answers the counts
 */
export async function startCountingRedis(upstream: string): Promise<string> {
  const counts: Record<string, number> = {};
  const server = createServer(async (request, response) => {
    if (request.url === COUNTS_PATH) return response.end(JSON.stringify(counts));
    const body = await read(request);
    const key = keyOf(JSON.parse(body));
    counts[key] = (counts[key] ?? 0) + 1;
    const { authorization = "" } = request.headers;
    const answer = await fetch(upstream + (request.url ?? "/"), {
      method: "POST",
      headers: { authorization },
      body,
    });
    const text = await answer.text();
    return response.writeHead(answer.status, { "content-type": "application/json" }).end(text);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function keyOf(command: readonly unknown[]): string {
  const [name, second, keys] = command.map(String);
  if (!/^EVAL(?:SHA)?$/i.test(name ?? "")) return second ?? "";
  return command.slice(3, 3 + Number(keys)).join(" ");
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
