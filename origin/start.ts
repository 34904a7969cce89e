import { Redis } from "@upstash/redis";
import type { FastifyInstance } from "fastify";
import type { DestinationStream, Logger } from "pino";
import type { Variables } from "#shared/environment.ts";
import { buildApp } from "./app.ts";
import { attemptCounter } from "./attempts.ts";
import { createBreaker } from "./breaker.ts";
import { addCircuitMetrics } from "./circuit-metrics.ts";
import { type OriginConfig, readConfig } from "./config.ts";
import { createCursors } from "./cursor.ts";
import { checkDatabase, ping } from "./db/check.ts";
import { type Connections, connect } from "./db/client.ts";
import { onceThere } from "./db/wait.ts";
import type { Priority } from "./db/work.ts";
import { createWrite } from "./db/write.ts";
import { trackSockets } from "./drain.ts";
import { loadErrorHook } from "./error-hook.ts";
import { createHealth, type Health } from "./health.ts";
import { createLogger } from "./log.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { buildOps } from "./ops.ts";
import { addPoolMetrics } from "./pool-metrics.ts";
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
import { createPlaces } from "./resources/webhooks/places.ts";
import { nameServers } from "./resources/webhooks/resolve.ts";
import { createSend } from "./resources/webhooks/send.ts";
import { createSeal } from "./seal.ts";
import { createDoor, type Reason } from "./shedding/door.ts";
import { addPressureMetrics } from "./shedding/metrics.ts";
import { measurePressure } from "./shedding/pressure.ts";
import { addSocketMetrics } from "./socket-metrics.ts";
import { createStop, type Stopped } from "./stop.ts";
import { startSweeper } from "./sweeper.ts";
import type { Tracing } from "./tracing/tracing.ts";

export type RunningOrigin = {
  /** Where the edge connects, without a trailing slash. */
  readonly url: string;
  /** Probes and metrics. */
  readonly opsUrl: string;
  /** How long a stop may take, in milliseconds. */
  readonly graceMs: number;
  /** Ends gracefully: running requests are finished, as long as the grace lasts. */
  readonly stop: () => Promise<Stopped>;
};

const POOL_CLOSE_SECONDS = 2;
const REDIS_TIMEOUT_MS = 2_000;

type Options = {
  /** Where log lines go; default: standard output. */
  readonly logTo?: DestinationStream;
};

/**
 * Starts an origin in this process: listens for probes, checks the database, then listens for requests.
 * @param variables as of `process.env`; `PORT=0` and `OPS_PORT=0` choose free ports
 * @throws EnvironmentError, CannotStart, or what kept it from listening
 */
export async function startOrigin(variables: Variables, { logTo }: Options = {}): Promise<RunningOrigin> {
  const config = readConfig(variables);
  const logger = createLogger(config.logLevel, logTo);
  const metrics = createMetrics();
  const connections = connect({
    url: config.databaseUrl,
    poolSize: config.databasePoolSize,
    applicationName: "gatehouse-origin",
    waited: (milliseconds) => metrics.connectionWaitSeconds.observe(milliseconds / 1000),
    refused: (priority) => metrics.shed.inc({ reason: "database", priority }),
  });
  addPoolMetrics(metrics.registry, connections);
  const health = createHealth();
  const ops = buildOps({ registry: metrics.registry, health });
  try {
    const opsUrl = await listen(ops, config.host, config.opsPort);
    return await serve({ config, connections, logger, metrics, health, ops, opsUrl });
  } catch (error) {
    await ops.close();
    await connections.close(0);
    throw error;
  }
}

type Parts = {
  readonly config: OriginConfig;
  readonly connections: Connections;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly health: Health;
  readonly ops: FastifyInstance;
  readonly opsUrl: string;
};

async function serve(parts: Parts): Promise<RunningOrigin> {
  const { config, connections, logger, metrics, health, ops, opsUrl } = parts;
  const now = Date.now;
  const opsSockets = trackSockets(ops.server);
  const tracing = await startTracing(config, logger);
  const errorHook = config.errorHook === null ? null : await loadErrorHook(config.errorHook, logger);
  await onceThere(() => checkDatabase(connections), logger);
  health.done("migrations");
  const signingKeys = createSigningKeys({
    connections,
    secrets: config.keyEncryptionSecrets,
    schedule: config.signingKeys,
    tokenLifetimeSeconds: config.tokens.lifetimeSeconds,
    now,
  });
  await onceThere(signingKeys.ensure, logger);
  health.done("signing-keys");

  const redis = new Redis({
    ...config.redis,
    enableTelemetry: false,
    enableAutoPipelining: false,
    retry: false,
    // A function: with a fixed signal the client would answer an abort as if it were a result.
    signal: () => AbortSignal.timeout(REDIS_TIMEOUT_MS),
  });
  const redisBreaker = createBreaker({ isOutage: () => true });
  addCircuitMetrics(metrics.registry, { database: connections.breaker, redis: redisBreaker });
  const revocations = relayRevocations(redisRevocationLogs(redis), now);
  const relay = startRelay({ connections, publish: redisPublisher(redis), revocations, log: logger, now });
  const committed = await commitSignal(connections, relay.wake);
  addRelayMetrics(metrics.registry, { relay, connections, now });
  const services = {
    connections,
    write: createWrite({ connections, committed }),
    committed,
    cursors: createCursors(config.cursorSecrets),
    signingKeys,
    passwords: createPasswords(() => metrics.passwordHashes.inc()),
    registry: metrics.registry,
    config,
    now,
  };
  const pressure = measurePressure(config.shedDelayMs);
  addPressureMetrics(metrics.registry, pressure);
  const turnedAway = (reason: Reason, priority: Priority) => metrics.shed.inc({ reason, priority });
  const app = await buildApp({
    config,
    services,
    metrics,
    door: createDoor({ pressure, poolSize: config.databasePoolSize, turnedAway }),
    countAttempt: attemptCounter(redis, redisBreaker, now),
    logger,
    tracing,
    reportError: errorHook?.report ?? null,
  });
  health.watch([
    { name: "database", required: true, run: () => ping(connections) },
    { name: "redis", required: false, run: () => redis.ping() },
    { name: "relay", required: false, run: () => checkBeat(redis) },
  ]);
  const rotation = startRotation(signingKeys, logger);
  const sweeper = startSweeper({ sweeps: Object.values<Sweep>(sweeps), services, log: logger });
  const places = createPlaces();
  const deliverer = startDeliverer({
    connections,
    seal: createSeal(config.keyEncryptionSecrets, "webhook secrets"),
    send: createSend(config.webhookTargets, nameServers()),
    now,
    random: Math.random,
    log: logger,
    places,
    ended: addWebhookMetrics(metrics.registry, { connections, places }),
  });
  const appSockets = trackSockets(app.server);
  addSocketMetrics(metrics.registry, appSockets);
  const stop = createStop({
    ...config.shutdown,
    leave: health.leave,
    app: appSockets,
    ops: opsSockets,
    aside: [deliverer],
    behind: [
      // Each may wait for somebody else: both at once.
      { stop: () => Promise.all([tracing?.stop(), errorHook?.stop()]) },
      rotation,
      sweeper,
      relay,
      pressure,
      { stop: () => connections.close(POOL_CLOSE_SECONDS) },
    ],
  });

  try {
    const url = await listen(app, config.host, config.port);
    pressure.forget();
    health.done("listening");
    logger.info({ url, opsUrl, environment: config.environment }, "listening");
    return { url, opsUrl, graceMs: config.shutdown.graceMs, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Loads what records traces only where they have somewhere to go. */
async function startTracing({ tracing, environment }: OriginConfig, log: Logger): Promise<Tracing | null> {
  if (tracing === null) return null;
  const { createTracing } = await import("./tracing/open-telemetry.ts");
  return createTracing(tracing, environment, log);
}

async function listen(app: FastifyInstance, host: string, port: number): Promise<string> {
  await app.listen({ host, port });
  const address = app.server.address();
  if (address === null || typeof address === "string") throw new Error("the server listens nowhere");
  const name = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return `http://${name}:${address.port}`;
}
