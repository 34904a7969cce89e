import { Redis } from "@upstash/redis";
import { contract } from "#shared/contract.ts";
import { slowThresholds } from "#shared/request-line.ts";
import type { ServedBy } from "#shared/route.ts";
import { discoverKeySetUrl, fetchKeySet } from "./auth/fetch-key-set.ts";
import { ownIssuer } from "./auth/issuer.ts";
import { maxAgeOf, readKeySet } from "./auth/key-set.ts";
import { type FetchKeySet, KeySource } from "./auth/keys.ts";
import { redisRevocations } from "./auth/read-revocations.ts";
import { revocationAlarm } from "./auth/revocation-alarm.ts";
import { Revocations } from "./auth/revocations.ts";
import { type IssuerWithKeys, Tokens } from "./auth/tokens.ts";
import { consistencyTokens } from "./cache/consistency-token.ts";
import { type AskForAll, fillFromOrigin, type Question } from "./cache/fill.ts";
import { withLastGood } from "./cache/last-good.ts";
import { type ReadData, redisSnapshots } from "./cache/read-snapshot.ts";
import type { LocalCache } from "./cache/serve.ts";
import { type ReadSnapshot, Snapshots } from "./cache/snapshot.ts";
import type { Passage } from "./client-body.ts";
import type { EdgeConfig } from "./env.ts";
import type { Dependencies } from "./gateway.ts";
import { health } from "./health.ts";
import { createLimits, quotaAvailability } from "./limit/limits.ts";
import type { ShieldBinding } from "./limit/shield.ts";
import { Counts } from "./metrics/counts.ts";
import { expositionOf } from "./metrics/exposition.ts";
import { type Analytics, createRecorder } from "./metrics/recorder.ts";
import type { Log } from "./observe.ts";
import { orderReader } from "./operator.ts";
import { createOrigins } from "./origin.ts";
import { hmac } from "./sign.ts";

type Platform = {
  readonly shield: ShieldBinding;
  readonly log: Log;
  readonly now: () => number;
  readonly passage: Passage;
  /** The platform's response cache, given the way to the origin. */
  readonly cache: (askForAll: AskForAll) => LocalCache;
  /** How this isolate reads snapshots, given the way to Redis. */
  readonly snapshots: (read: ReadData) => ReadSnapshot;
  /** Where data points go; null: nowhere. */
  readonly analytics: Analytics | null;
  /** Whether an operator is shown what this isolate has counted. */
  readonly showsFigures: () => boolean;
};

/** What the gateway runs on, and what the isolate's other entrypoints answer from. */
type Composition = Dependencies & { readonly readSnapshot: ReadData };

/** Puts the parts together from configuration and what the platform offers. */
export function compose(config: EdgeConfig, platform: Platform): Composition {
  const { shield, log, now, passage } = platform;
  const counts = new Counts();
  const recorder = createRecorder(counts, platform.analytics);
  const origins = createOrigins({
    urls: config.originUrls,
    secret: config.assertionSecrets[0],
    sign: hmac(config.assertionSecrets[0].secret).sign,
    now,
    random: Math.random,
    fetch: (url, init) => fetch(url, init),
    passage,
    traceSampleRate: config.traceSampleRate,
    onBreaker: (origin, state) =>
      log(state === "closed" ? "info" : "error", { stage: "edge", origin, state }),
    onAttempt: recorder.attempt,
  });
  const askForAll = fillFromOrigin(contract, origins.ask);
  const cache = platform.cache(askForAll);
  const redis = new Redis({
    url: config.redis.url,
    token: config.redis.token,
    retry: false,
    enableTelemetry: false,
    // A pipeline would be shared by requests, and on Workers one request cannot wait for another's.
    enableAutoPipelining: false,
    signal: () => AbortSignal.timeout(config.redis.timeoutMs),
  });
  const readSnapshot = redisSnapshots(redis, now);
  const snapshots = new Snapshots(platform.snapshots(readSnapshot), now);
  const tokens = consistencyTokens(config.assertionSecrets, now);
  const ownKeys = new KeySource(
    keySetFetcher(config.token.keySetUrl, askForAll, now),
    now,
    config.token.staleKeysSeconds,
  );
  const availability = quotaAvailability(redis, now);
  return {
    contract,
    corsOrigins: config.corsOrigins,
    addressHeader: config.addressHeader,
    logSampleRate: config.logSampleRate,
    slowAfterMs: slowThresholds(contract, config.logSlowMs),
    log,
    record: recorder.request,
    now,
    shield,
    authentication: {
      tokens: new Tokens(trustedIssuers(config, ownKeys, now), now),
      revocations: new Revocations(snapshots, redisRevocations(redis), now),
      alarm: revocationAlarm(log, now),
    },
    limiting: {
      limits: createLimits({
        redis,
        availability,
        table: config.quotas,
        timeoutMs: config.redis.timeoutMs,
        now,
      }),
      unlimited: config.unlimitedClients,
    },
    caching: { cache: withLastGood(cache.serve), askForAll, snapshots, tokens, now },
    forwarding: { origin: origins.ask, snapshots, tokens, now },
    purge: cache.purge,
    metrics: {
      isShown: platform.showsFigures,
      text: () =>
        expositionOf({
          counts,
          origins: origins.report(),
          cache: cache.figures(),
          areQuotasAway: availability.isAway,
          isSighted: snapshots.isSighted(),
        }),
    },
    readOrder: orderReader(config.assertionSecrets, now),
    readSnapshot,
    ownHandlers: {
      getHealth: health({
        vitals: {
          origins: origins.report,
          hasKeys: () => ownKeys.isUsable(),
          areQuotasAway: () => availability.isAway,
          isSighted: () => snapshots.isSighted(),
        },
        now,
        checks: {
          origin: () => askForAll(ownQuestion("getProblemType", "/problems/unavailable", now())),
          redis: () => redis.ping(),
          keys: (waitUntil) => ownKeys.warm(waitUntil),
        },
      }),
    } satisfies Record<ServedBy<typeof contract, "edge">, unknown>,
  };
}

/** What the edge asks the origin for itself. */
function ownQuestion(operationId: keyof typeof contract, target: string, startedAt: number): Question {
  const requestId = crypto.randomUUID();
  const ids = {
    requestId,
    correlationId: requestId,
    traceId: requestId.replaceAll("-", ""),
    traceFlags: null,
  };
  return { operationId, partition: {}, target, ids, startedAt };
}

/** The keys of our own issuer come over the signed hop, unless they have a URL. */
function keySetFetcher(url: string | null, askForAll: AskForAll, now: () => number): FetchKeySet {
  return async function fetchOwnKeySet() {
    if (url !== null) return fetchKeySet(url, (address, init) => fetch(address, init));
    const question = ownQuestion("getKeySet", contract.getKeySet.path, now());
    const { status, headers, body } = await askForAll(question);
    if (status !== 200) throw new Error(`the key set was answered with ${status}`);
    const keys = readKeySet(new TextDecoder().decode(body));
    // Not through the cache: for how long they are kept, they were new when that began.
    const { maxAgeSeconds } = contract.getKeySet.cache;
    return { keys, maxAgeSeconds: maxAgeOf(headers["cache-control"]) ?? maxAgeSeconds };
  };
}

function trustedIssuers(
  { token, issuers }: EdgeConfig,
  ownKeys: KeySource,
  now: () => number,
): readonly IssuerWithKeys[] {
  const get = (url: string, init: RequestInit) => fetch(url, init);
  const others = issuers.map(({ issuer, keySetUrl, staleSeconds }) => {
    const load = async () => fetchKeySet(keySetUrl ?? (await discoverKeySetUrl(issuer.issuer, get)), get);
    return { issuer, keys: new KeySource(load, now, staleSeconds) };
  });
  return [{ issuer: ownIssuer(token.issuer, token.audience), keys: ownKeys }, ...others];
}
