import { migrate } from "#origin/db/migrate.ts";
import { startOrigin } from "#origin/start.ts";
import { type DevelopmentKey, makeDevelopmentKey } from "./development-key.ts";
import { bundleEdge, type EdgeOptions, type RunningEdge, startEdge } from "./edge.ts";
import { Parts } from "./parts.ts";
import { freePort, LOOPBACK } from "./ports.ts";
import { startPostgres } from "./postgres.ts";
import { createRuntimeLogin } from "./postgres-login.ts";
import { startRedis } from "./redis.ts";
import { makeSecrets, type Secrets } from "./secrets.ts";
import { edgeVariables, originVariables } from "./variables.ts";

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

export type RunningStack = {
  readonly stack: Stack;
  /** Starts another edge like the first, but for these variables; it stops with the stack. */
  readonly addEdge: (variables?: Stack["edgeVariables"]) => Promise<RunningEdge>;
  readonly stop: () => Promise<void>;
};

export type StackOptions = Pick<EdgeOptions, "shieldLimit"> & {
  /** In place of those that the origin would have. */
  readonly originVariables?: Stack["originVariables"];
};

/** Far above what a test sends; limits are tested with limits of their own. */
const NO_LIMIT = "1000000000";

/** Starts all parts on free ports, with nothing kept on disk. Takes about two seconds. */
export async function startStack({
  shieldLimit = Number(NO_LIMIT),
  originVariables: own = {},
}: StackOptions = {}): Promise<RunningStack> {
  const parts = new Parts();
  // The longest step needs nothing of the others.
  const bundled = bundleEdge();
  bundled.catch(() => undefined);
  const start = async (variables: Stack["edgeVariables"], port = 0) =>
    parts.add(startEdge(await bundled, { variables, port, shieldLimit, onLog: () => undefined }));
  try {
    const stack = await startParts(parts, start, own);
    const addEdge = (variables = {}) => start({ ...stack.edgeVariables, ...variables });
    return { stack, addEdge, stop: () => parts.stop() };
  } catch (error) {
    await parts.stop();
    throw error;
  }
}

type StartEdge = (variables: Stack["edgeVariables"], port: number) => Promise<RunningEdge>;

async function startParts(parts: Parts, start: StartEdge, own: Stack["originVariables"]): Promise<Stack> {
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
    ...own,
  };
  const origin = await parts.add(startOrigin(forOrigin));
  const forEdge = {
    ...edgeVariables({ ...shared, originUrl: origin.url }),
    QUOTA_DEFAULT: NO_LIMIT,
    QUOTA_ANONYMOUS: NO_LIMIT,
    QUOTA_TOKEN: NO_LIMIT,
    QUOTA_LOGIN: NO_LIMIT,
    SHIELD_LIMIT: NO_LIMIT,
    LOG_SAMPLE_PERMILLE: "0",
  };
  const edge = await start(forEdge, edgePort);
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
