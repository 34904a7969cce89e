import { migrate } from "#origin/db/migrate.ts";
import { startOrigin } from "#origin/start.ts";
import { type DevelopmentKey, makeDevelopmentKey } from "#scripts/local/development-key.ts";
import { bundleEdge, startEdge } from "#scripts/local/edge.ts";
import { type Part, Parts } from "#scripts/local/parts.ts";
import { freePort, LOOPBACK } from "#scripts/local/ports.ts";
import { startPostgres } from "#scripts/local/postgres.ts";
import { createRuntimeLogin } from "#scripts/local/postgres-login.ts";
import { startRedis } from "#scripts/local/redis.ts";
import { makeSecrets, type Secrets } from "#scripts/local/secrets.ts";
import { edgeVariables, originVariables } from "#scripts/local/variables.ts";

/** Where everything is, as plain data that test processes receive. */
export type Stack = {
  readonly edgeUrl: string;
  readonly originUrl: string;
  /** Probes and metrics of the origin. */
  readonly opsUrl: string;
  /** Postgres as the owner: sees and may do everything. */
  readonly ownerUrl: string;
  /** Postgres as the origin connects: a member of gatehouse_app. */
  readonly databaseUrl: string;
  /** Upstash's REST protocol. */
  readonly redis: { readonly url: string; readonly token: string };
  readonly issuer: string;
  readonly secrets: Secrets;
  readonly key: DevelopmentKey;
  /** The variables that the two tiers run with, for a test that starts one of its own. */
  readonly originVariables: Readonly<Record<string, string>>;
  readonly edgeVariables: Readonly<Record<string, string>>;
};

export type RunningStack = Part & { readonly stack: Stack };

/** Far above what a test sends; limits are tested with limits of their own. */
const NO_LIMIT = "1000000000";

/** Starts all parts on free ports, with nothing kept on disk. Takes about two seconds. */
export async function startStack(): Promise<RunningStack> {
  const parts = new Parts();
  try {
    return { stack: await startParts(parts), stop: () => parts.stop() };
  } catch (error) {
    await parts.stop();
    throw error;
  }
}

async function startParts(parts: Parts): Promise<Stack> {
  // The longest step needs nothing of the others.
  const bundled = bundleEdge();
  bundled.catch(() => undefined);
  const secrets = makeSecrets();
  const key = await makeDevelopmentKey();
  const postgres = await parts.add(startPostgres());
  await migrate(postgres.ownerUrl);
  const login = { user: "gatehouse_test", password: secrets.databasePassword };
  const databaseUrl = await createRuntimeLogin(postgres.ownerUrl, login);
  const redis = await parts.add(startRedis({ token: secrets.redisToken }));

  const edgePort = await freePort();
  const issuer = `http://${LOOPBACK}:${edgePort}`;
  const shared = { secrets, redis: { url: redis.url, token: redis.token }, issuer };
  const forOrigin = {
    ...originVariables({ ...shared, databaseUrl, key, port: 0, opsPort: 0 }),
    LOG_LEVEL: "fatal",
  };
  const origin = await parts.add(startOrigin(forOrigin));
  const forEdge = {
    ...edgeVariables({ ...shared, originUrl: origin.url }),
    QUOTA_DEFAULT: NO_LIMIT,
    QUOTA_ANONYMOUS: NO_LIMIT,
    QUOTA_TOKEN: NO_LIMIT,
    QUOTA_LOGIN: NO_LIMIT,
    LOG_SAMPLE_PERMILLE: "0",
  };
  const edge = await parts.add(
    startEdge(await bundled, {
      variables: forEdge,
      port: edgePort,
      shieldLimit: Number(NO_LIMIT),
      onLog: () => undefined,
    }),
  );
  return {
    edgeUrl: edge.url,
    originUrl: origin.url,
    opsUrl: origin.opsUrl,
    ownerUrl: postgres.ownerUrl,
    databaseUrl,
    ...shared,
    key,
    originVariables: forOrigin,
    edgeVariables: forEdge,
  };
}
