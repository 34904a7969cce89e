import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { LOOPBACK } from "#scripts/local/ports.ts";

/**
 * Shows metrics to a Prometheus, which cannot sign: `GET /metrics` on the loopback interface.
 * @param port 0 for a free one
 * @returns where it listens
 */
export async function serveMetrics(port: number, metrics: () => Promise<string>) {
  const server = createServer(async (request, response) => {
    if (request.url !== "/metrics") return response.writeHead(404).end();
    try {
      const text = await metrics();
      return response
        .writeHead(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" })
        .end(text);
    } catch (error) {
      return response.writeHead(502).end(`${error instanceof Error ? error.message : String(error)}\n`);
    }
  });
  server.listen(port, LOOPBACK);
  await once(server, "listening");
  const { port: chosen } = server.address() as AddressInfo;
  return { url: `http://${LOOPBACK}:${chosen}/metrics`, close: () => server.close() };
}
