import type { IncomingMessage } from "node:http";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectSecurely } from "node:tls";
import { withoutHeaders } from "./raw-headers.ts";

/** Joins a client that switches protocols (WebSocket) with the upstream, past the cache. */
export function tunnel(request: IncomingMessage, client: Duplex, head: Buffer, upstream: URL): void {
  const isSecure = upstream.protocol === "https:";
  const port = Number(upstream.port) || (isSecure ? 443 : 80);
  const server = isSecure
    ? connectSecurely({ host: upstream.hostname, port, servername: upstream.hostname })
    : connect(port, upstream.hostname);
  const headers = withoutHeaders(request.rawHeaders, ["host"]);
  const lines = [`${request.method} ${request.url} HTTP/1.1`, `Host: ${upstream.host}`];
  for (let i = 0; i + 1 < headers.length; i += 2) lines.push(`${headers[i]}: ${headers[i + 1]}`);
  server.write(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
  server.write(head);
  client.pipe(server);
  server.pipe(client);
  for (const [end, other] of [
    [client, server],
    [server, client],
  ] as const) {
    end.on("error", () => other.destroy());
    end.on("close", () => other.destroy());
  }
}
