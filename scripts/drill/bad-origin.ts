import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { LOOPBACK } from "#scripts/local/ports.ts";

/** An origin that was not ready to be deployed: it listens, and every answer is a 500. */
export async function startBadOrigin(): Promise<{
  readonly url: string;
  readonly stop: () => Promise<void>;
}> {
  const server = createServer((incoming, outgoing) => {
    incoming.resume();
    outgoing.writeHead(500).end();
  });
  server.listen(0, LOOPBACK);
  await once(server, "listening");
  return {
    url: `http://${LOOPBACK}:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}
