import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres, { type Sql } from "postgres";
import { migrate } from "#origin/db/migrate.ts";
import { type DevelopmentKey, makeDevelopmentKey, mintToken } from "#scripts/local/development-key.ts";
import { startEdge } from "#scripts/local/edge.ts";
import { Parts } from "#scripts/local/parts.ts";
import { freePort, LOOPBACK } from "#scripts/local/ports.ts";
import { createRuntimeLogin } from "#scripts/local/postgres-login.ts";
import { makeSecrets, type Secrets } from "#scripts/local/secrets.ts";
import { ensureTenants } from "#scripts/local/tenants.ts";
import { edgeVariables, originVariables, TOKEN_AUDIENCE } from "#scripts/local/variables.ts";
import { type FaultProxy, startFaultProxy } from "#tests/support/fault-proxy.ts";
import { type Mortal, type MortalPostgres, mortal, mortalPostgres } from "#tests/support/mortal.ts";
import { startOriginProcess } from "#tests/support/origin-process.ts";
import { startPartProcess } from "#tests/support/part-process.ts";
import { persist } from "#tests/support/persist.ts";

/** What is killed. */
export type Mortals = {
  readonly issuer: Mortal;
  readonly redis: Mortal;
  readonly origins: readonly [Mortal, Mortal];
  readonly postgres: MortalPostgres;
};

/** The ways between the parts, each through a proxy of its own. */
export type Links = {
  readonly edgeToIssuer: FaultProxy;
  readonly edgeToRedis: FaultProxy;
  readonly originToRedis: FaultProxy;
  readonly edgeToOrigins: readonly [FaultProxy, FaultProxy];
  readonly originToPostgres: FaultProxy;
};

/** A whole system of which each part, and each way between parts, can be lost: an edge, two origins, their stores. */
export type Lane = {
  readonly mortals: Mortals;
  readonly links: Links;
  readonly edgeUrl: string;
  /** Probes of the two origins. */
  readonly opsUrls: readonly string[];
  /** Postgres as the owner, past the proxy. It connects again by itself. */
  readonly sql: Sql;
  readonly tenantId: string;
  /** A good token that the edge has not seen yet, of our own issuer. */
  readonly newToken: (clientId: string) => Promise<string>;
  /** One of an issuer whose keys the edge has not fetched yet. @throws Error after so many */
  readonly strangersToken: () => Promise<string>;
  readonly stop: () => Promise<void>;
};

const NO_LIMIT = "1000000000";
const SCOPES = ["catalog:read", "catalog:write", "orders:read", "orders:write"];
/** As many as an edge can be told of. */
const STRANGERS = 50;
/** Longer than the default, for a busy machine; shorter than the shortest delay. */
const REDIS_TIMEOUT_MS = "800";

/** Somebody else may take a port that was free a moment ago. */
const TRIES = 3;

/** @param script the edge's bundle */
export const startLane = (script: string): Promise<Lane> => persist(() => tryToStart(script), TRIES);

async function tryToStart(script: string): Promise<Lane> {
  const parts = new Parts();
  try {
    return await startParts(parts, script);
  } catch (error) {
    await parts.stop();
    throw error;
  }
}

async function startParts(parts: Parts, script: string): Promise<Lane> {
  const secrets = makeSecrets();
  const key = await makeDevelopmentKey();
  const tenantId = randomUUID();
  const issuer = `http://${LOOPBACK}:${await freePort()}`;

  const database = await startDatabase(parts, secrets, tenantId);
  const originToPostgres = await linkTo(parts, database.appUrl);
  const redisAt = { port: await freePort(), token: secrets.redisToken };
  const redis = await keep(parts, () => startPartProcess("redis", redisAt));
  const edgeToRedis = await linkTo(parts, `http://${LOOPBACK}:${redisAt.port}`);
  const originToRedis = await linkTo(parts, `http://${LOOPBACK}:${redisAt.port}`);
  const issuerAt = { port: await freePort(), keySet: { keys: [key.publicJwk] } };
  const issuerPart = await keep(parts, () => startPartProcess("issuer", issuerAt));
  const edgeToIssuer = await linkTo(parts, `http://${LOOPBACK}:${issuerAt.port}`);

  const shared = { secrets, issuer };
  const originParts = {
    ...shared,
    key,
    databaseUrl: originToPostgres.through(database.appUrl),
    redis: { url: originToRedis.url, token: secrets.redisToken },
  };
  const origins = await Promise.all([startOrigin(parts, originParts), startOrigin(parts, originParts)]);
  const [first, second] = origins;
  const edge = await parts.add(
    startEdge(script, {
      shieldLimit: null,
      onLog: () => undefined,
      variables: {
        ...edgeVariables({
          ...shared,
          redis: { url: edgeToRedis.url, token: secrets.redisToken },
          originUrl: `${first.link.url},${second.link.url}`,
        }),
        ...{ QUOTA_DEFAULT: NO_LIMIT, QUOTA_ANONYMOUS: NO_LIMIT, SHIELD_LIMIT: NO_LIMIT },
        ...{ REDIS_TIMEOUT_MS, LOG_SAMPLE_PERMILLE: "0" },
        TOKEN_ISSUERS: JSON.stringify(strangers(edgeToIssuer.url, tenantId)),
      },
    }),
  );

  const mint = minter(key, tenantId);
  let stranger = 0;
  return {
    mortals: {
      issuer: issuerPart,
      redis,
      origins: [first.process, second.process],
      postgres: database.server,
    },
    links: {
      ...{ edgeToIssuer, edgeToRedis, originToRedis, originToPostgres },
      edgeToOrigins: [first.link, second.link],
    },
    edgeUrl: edge.url,
    opsUrls: [first.opsUrl, second.opsUrl],
    sql: database.sql,
    tenantId,
    newToken: (clientId) => mint(issuer, clientId),
    strangersToken: () => {
      if (stranger === STRANGERS) throw new Error("the edge knows the keys of all strangers");
      return mint(strangerAt(stranger++), "stranger");
    },
    stop: () => parts.stop(),
  };
}

async function startDatabase(parts: Parts, secrets: Secrets, tenantId: string) {
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-lane-"));
  await parts.add(Promise.resolve({ stop: async () => rmSync(folder, { recursive: true, force: true }) }));
  const server = await parts.add(mortalPostgres(folder));
  await migrate(server.ownerUrl);
  const login = { user: "gatehouse_lane", password: secrets.databasePassword };
  const appUrl = await createRuntimeLogin(server.ownerUrl, login);
  const sql = postgres(server.ownerUrl, { max: 4, backoff: () => 0.05, onnotice: () => undefined });
  await parts.add(Promise.resolve({ stop: () => sql.end({ timeout: 1 }) }));
  await ensureTenants(sql, [{ id: tenantId, slug: "lane", name: "Lane" }]);
  return { server, appUrl, sql };
}

type OriginParts = Omit<Parameters<typeof originVariables>[0], "port" | "opsPort">;

/** An origin as a process, and the edge's way to it. */
async function startOrigin(parts: Parts, given: OriginParts) {
  const [port, opsPort] = [await freePort(), await freePort()];
  const variables = originVariables({ ...given, port, opsPort });
  const process = await keep(parts, () => startOriginProcess(variables));
  const link = await linkTo(parts, `http://${LOOPBACK}:${port}`);
  return { process, link, opsUrl: `http://${LOOPBACK}:${opsPort}` };
}

async function keep(parts: Parts, start: Parameters<typeof mortal>[0]): Promise<Mortal> {
  const part = await mortal(start);
  await parts.add(Promise.resolve({ stop: part.kill }));
  return part;
}

function linkTo(parts: Parts, url: string): Promise<FaultProxy> {
  const { hostname: host, port } = new URL(url);
  return parts.add(startFaultProxy({ upstream: { host, port: Number(port) } }));
}

const strangerAt = (nth: number) => `http://issuer-${nth}.test`;

function strangers(url: string, tenantId: string): readonly object[] {
  return Array.from({ length: STRANGERS }, (_, nth) => ({
    name: `issuer-${nth}`,
    issuer: strangerAt(nth),
    keySetUrl: `${url}/${nth}`,
    audience: TOKEN_AUDIENCE,
    algorithms: ["ES256"],
    tenant: tenantId,
  }));
}

function minter(key: DevelopmentKey, tenantId: string) {
  return function mint(issuer: string, clientId: string): Promise<string> {
    const whose = { issuer, audience: TOKEN_AUDIENCE, tenantId, subject: "user-1", clientId };
    return mintToken(key, { ...whose, scopes: SCOPES, lifetimeSeconds: 86_400 }, Date.now());
  };
}
