import { Redis } from "@upstash/redis";
import type { FastifyInstance } from "fastify";
import type { DestinationStream, Logger } from "pino";
import type { Variables } from "#shared/environment.ts";
import { buildApp } from "./app.ts";
import { attemptCounter } from "./attempts.ts";
import { type OriginConfig, readConfig } from "./config.ts";
import { createCursors } from "./cursor.ts";
import { checkDatabase, ping } from "./db/check.ts";
import { type Connections, connect } from "./db/client.ts";
import { createWrite } from "./db/write.ts";
import { trackConnections } from "./drain.ts";
import { createLogger } from "./log.ts";
import { createMetrics } from "./metrics.ts";
import { buildOps } from "./ops.ts";
import { runChecks } from "./readiness.ts";
import { checkBeat } from "./relay/beat.ts";
import { addRelayMetrics } from "./relay/metrics.ts";
import { redisPublisher } from "./relay/publish.ts";
import { redisRevocationLogs } from "./relay/publish-revocations.ts";
import { startRelay } from "./relay/relay.ts";
import { relayRevocations } from "./relay/revocations.ts";
import { commitSignal } from "./relay/signal.ts";
import { createPasswords } from "./resources/access/auth/passwords.ts";
import { startRotation } from "./resources/access/signing-keys/rotation.ts";
import { createSigningKeys } from "./resources/access/signing-keys/signing-keys.ts";
import type { Sweep } from "./resources/sweeps.ts";
import * as sweeps from "./resources/sweeps.ts";
import { startDeliverer } from "./resources/webhooks/deliverer.ts";
import { addWebhookMetrics } from "./resources/webhooks/metrics.ts";
import { nameServers } from "./resources/webhooks/resolve.ts";
import { createSend } from "./resources/webhooks/send.ts";
import { createSeal } from "./seal.ts";
import { startSweeper } from "./sweeper.ts";

export type RunningOrigin = {
  /** Where the edge connects, without a trailing slash. */
  readonly url: string;
  /** Probes and metrics. */
  readonly opsUrl: string;
  /** Ends gracefully: running requests are finished, for `STOP_DEADLINE_MS` at most. */
  readonly stop: () => Promise<void>;
};

const STOP_DEADLINE_MS = 15_000;
const POOL_CLOSE_SECONDS = 5;
const REDIS_TIMEOUT_MS = 2_000;
const OPS_DEADLINE_MS = 1_000;

type Options = {
  /** Where log lines go; default: standard output. */
  readonly logTo?: DestinationStream;
};

/**
 * Starts an origin in this process: checks the database, then listens on both ports.
 * @param variables as of `process.env`; `PORT=0` and `OPS_PORT=0` choose free ports
 * @throws EnvironmentError, CannotStart, or what kept it from listening
 */
export async function startOrigin(variables: Variables, { logTo }: Options = {}): Promise<RunningOrigin> {
  const config = readConfig(variables);
  const logger = createLogger(config.logLevel, logTo);
  const connections = connect({
    url: config.databaseUrl,
    poolSize: config.databasePoolSize,
    applicationName: "gatehouse-origin",
  });
  try {
    return await serve(config, connections, logger);
  } catch (error) {
    await connections.close(0);
    throw error;
  }
}

async function serve(config: OriginConfig, connections: Connections, logger: Logger): Promise<RunningOrigin> {
  const now = Date.now;
  await checkDatabase(connections.db);
  const signingKeys = createSigningKeys({
    connections,
    secret: config.keyEncryptionSecret,
    schedule: config.signingKeys,
    tokenLifetimeSeconds: config.tokens.lifetimeSeconds,
    now,
  });
  await signingKeys.ensure();

  const redis = new Redis({
    ...config.redis,
    enableTelemetry: false,
    enableAutoPipelining: false,
    retry: false,
    // A function: with a fixed signal the client would answer an abort as if it were a result.
    signal: () => AbortSignal.timeout(REDIS_TIMEOUT_MS),
  });
  const revocations = relayRevocations(redisRevocationLogs(redis), now);
  const relay = startRelay({ connections, publish: redisPublisher(redis), revocations, log: logger, now });
  const committed = await commitSignal(connections, relay.wake);
  const metrics = createMetrics(connections);
  addRelayMetrics(metrics.registry, { relay, connections, now });
  const services = {
    connections,
    write: createWrite({ connections, committed }),
    committed,
    cursors: createCursors(config.cursorSecret),
    signingKeys,
    passwords: createPasswords(() => metrics.passwordHashes.inc()),
    config,
    now,
  };
  const app = await buildApp({
    config,
    services,
    metrics,
    countAttempt: attemptCounter(redis, now),
    logger,
  });
  const checks = [
    { name: "database", required: true, run: () => ping(connections.db) },
    { name: "redis", required: false, run: () => redis.ping() },
    { name: "relay", required: false, run: () => checkBeat(redis) },
  ];
  const rotation = startRotation(signingKeys, logger);
  const sweeper = startSweeper({ sweeps: Object.values<Sweep>(sweeps), services, log: logger });
  const deliverer = startDeliverer({
    connections,
    seal: createSeal(config.keyEncryptionSecret, "webhook secrets"),
    send: createSend(config.webhookTargets, nameServers()),
    now,
    random: Math.random,
    log: logger,
    ended: addWebhookMetrics(metrics.registry, connections),
  });
  let serving = true;
  const ops = buildOps({
    registry: metrics.registry,
    checks: () => runChecks(checks),
    isServing: () => serving,
  });
  const drainApp = trackConnections(app.server);
  const drainOps = trackConnections(ops.server);

  async function stop(): Promise<void> {
    serving = false;
    // While requests are finished, what is being sent ends too.
    await Promise.all([drainApp(STOP_DEADLINE_MS), deliverer.stop()]);
    await rotation.stop();
    await sweeper.stop();
    await relay.stop();
    await connections.close(POOL_CLOSE_SECONDS);
    await drainOps(OPS_DEADLINE_MS);
  }

  try {
    const url = await listen(app, config.host, config.port);
    const opsUrl = await listen(ops, config.host, config.opsPort);
    logger.info({ url, opsUrl, environment: config.environment }, "listening");
    return { url, opsUrl, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function listen(app: FastifyInstance, host: string, port: number): Promise<string> {
  await app.listen({ host, port });
  const address = app.server.address();
  if (address === null || typeof address === "string") throw new Error("the server listens nowhere");
  const name = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return `http://${name}:${address.port}`;
}
