import { once } from "node:events";
import { Agent, createServer, type RequestListener, type Server, type ServerResponse } from "node:http";
import { Agent as SecureAgent } from "node:https";
import { LOOPBACK } from "#scripts/local/ports.ts";
import { relayToUpstream } from "./relay-back.ts";
import { relayToWorker } from "./relay-front.ts";
import { tunnel } from "./tunnel.ts";

/**
 * What workerd cannot do as a server: it answers 501 to methods it does not know, keeps interim responses
 * (102, 103) to itself, and spoils header values that are not UTF-8. So clients meet a relay in front of it,
 * and it asks the upstream through another one behind it; the two know each other's exchanges by id.
 */

export type Relay = {
  readonly url: string;
  /** Where the worker is to ask. */
  readonly backUrl: string;
  /** Says where the worker listens; until then clients wait. */
  readonly connect: (workerUrl: string) => void;
  readonly stop: () => Promise<void>;
};

/** The responses that clients wait for, by the id that goes with their requests. */
export type Exchanges = Map<string, ServerResponse>;

/** Idle connections end before the other side ends them, which a request could meet half-way. */
const POOL = { keepAlive: true, timeout: 2_000 };

export async function startRelay(upstream: string, port: number): Promise<Relay> {
  const exchanges: Exchanges = new Map();
  const worker = Promise.withResolvers<string>();
  const upstreamUrl = new URL(upstream);
  const agent = new Agent(POOL);
  const upstreamAgent = upstreamUrl.protocol === "https:" ? new SecureAgent(POOL) : new Agent(POOL);
  const front = createServer(
    { keepAliveTimeout: 60_000 },
    relayToWorker(exchanges, () => worker.promise, agent),
  );
  front.on("upgrade", (request, socket, head) => tunnel(request, socket, head, upstreamUrl));
  const url = await listen(front, port);
  const back = createServer({ keepAliveTimeout: 60_000 }, asListener(exchanges, upstreamUrl, upstreamAgent));
  const backUrl = await listen(back, 0);
  return {
    url,
    backUrl,
    connect: worker.resolve,
    stop: async () => {
      for (const each of [agent, upstreamAgent]) each.destroy();
      await Promise.all([close(front), close(back)]);
    },
  };
}

function asListener(exchanges: Exchanges, upstream: URL, agent: Agent | SecureAgent): RequestListener {
  return (request, response) => relayToUpstream(exchanges, upstream, agent, request, response);
}

async function listen(server: Server, port: number): Promise<string> {
  server.listen(port, LOOPBACK);
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the relay has no port");
  return `http://${LOOPBACK}:${address.port}`;
}

async function close(server: Server): Promise<void> {
  server.close();
  server.closeAllConnections();
  await once(server, "close");
}
