/**
 * The real relay as a process of its own, with as little else as can be, so that it can be killed at
 * any message: `relay-process.ts` forks it. Loads everything, then starts when told to.
 */
import { Redis } from "@upstash/redis";
import { connect } from "#origin/db/client.ts";
import { createLogger } from "#origin/log.ts";
import { redisPublisher } from "#origin/relay/publish.ts";
import { redisRevocationLogs } from "#origin/relay/publish-revocations.ts";
import { startRelay } from "#origin/relay/relay.ts";
import { relayRevocations } from "#origin/relay/revocations.ts";
import type { RelayPlaces } from "./relay-process.ts";

process.once("message", ({ databaseUrl, redis }: RelayPlaces) => {
  const connections = connect({ url: databaseUrl, poolSize: 1, applicationName: "relay-child" });
  const client = new Redis({ ...redis, retry: false, enableTelemetry: false, enableAutoPipelining: false });
  const publish = redisPublisher(client);
  const revocations = relayRevocations(redisRevocationLogs(client), Date.now);
  const relay = startRelay({ connections, publish, revocations, log: createLogger("silent"), now: Date.now });
  process.on("message", relay.wake);
});
// Whoever started it is gone.
process.once("disconnect", () => process.exit(0));
process.send?.("loaded");
