import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { LOOPBACK } from "#scripts/local/ports.ts";
import { VERSION_HEADER } from "../deploy/probe.ts";

/** Divides requests between two versions of a tier, as Cloudflare does in a gradual deployment. */
export type Splitter = {
  readonly url: string;
  /** @param share of requests that go to the next version, 0 to 1 */
  readonly split: (next: string, share: number) => void;
  /** The next version is the current one from now on. */
  readonly promote: () => void;
  readonly stop: () => Promise<void>;
};

/** What the header says for the next version, and for the one before it. */
export const NEXT = 'drill="next"';
export const CURRENT = 'drill="current"';

/** @param first URL of the version that has all requests at first */
export async function startSplitter(first: string): Promise<Splitter> {
  let current = first;
  let next = { url: current, share: 0 };
  const pick = ({ headers }: IncomingMessage) => {
    const named = headers[VERSION_HEADER];
    const isNext = named === undefined ? Math.random() < next.share : named === NEXT;
    return isNext ? next.url : current;
  };
  const server = createServer((incoming, outgoing) => pass(incoming, outgoing, pick(incoming)));
  server.listen(0, LOOPBACK);
  await once(server, "listening");
  return {
    url: `http://${LOOPBACK}:${(server.address() as AddressInfo).port}`,
    split(url, share) {
      next = { url, share };
    },
    promote() {
      current = next.url;
    },
    async stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function pass(incoming: IncomingMessage, outgoing: ServerResponse, url: string): void {
  const { method, headers, url: path } = incoming;
  const onward = request(url, { method, headers, path, setHost: false }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
  });
  onward.on("error", () => outgoing.destroy());
  incoming.pipe(onward);
}
