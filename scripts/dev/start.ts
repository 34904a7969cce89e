import { migrate } from "#origin/db/migrate.ts";
import { writeSession } from "#scripts/local/data-folder.ts";
import { type DevelopmentKey, keepDevelopmentKey } from "#scripts/local/development-key.ts";
import { bundleEdge, type RunningEdge, startEdge } from "#scripts/local/edge.ts";
import type { Parts } from "#scripts/local/parts.ts";
import { LOOPBACK, requirePort } from "#scripts/local/ports.ts";
import { startPostgres } from "#scripts/local/postgres.ts";
import { createRuntimeLogin } from "#scripts/local/postgres-login.ts";
import { startRedis } from "#scripts/local/redis.ts";
import { keepSecrets, type Secrets } from "#scripts/local/secrets.ts";
import { StartError } from "#scripts/local/start-error.ts";
import { edgeVariables, originVariables } from "#scripts/local/variables.ts";
import { reachDatabase } from "./database.ts";
import { edgeSettings } from "./edge-settings.ts";
import type { DevOptions } from "./options.ts";
import { type OriginProcess, startOriginProcess } from "./origin-process.ts";
import type { Output } from "./output.ts";

export type System = {
  readonly issuer: string;
  readonly ownerUrl: string;
  readonly key: DevelopmentKey;
  readonly edge: RunningEdge;
  readonly origin: OriginProcess;
};

export type StartContext = {
  readonly options: DevOptions;
  readonly output: Output;
  /** Receives every part as soon as it runs, so that a failing start can stop them. */
  readonly parts: Parts;
  /** Aborted when the user has had enough. */
  readonly signal: AbortSignal;
  /** A part ended that nobody stopped. */
  readonly onLoss: (what: string) => void;
};

const LOGIN = "gatehouse_development";

/** Starts part after part, saying so. */
export async function startSystem(context: StartContext): Promise<System> {
  const { options, output, parts, signal } = context;
  const { ports, folder } = options;
  await requirePort(ports.edge, "the edge");
  await requirePort(ports.origin, "the origin");
  await requirePort(ports.ops, "the origin's probe server");
  const secrets = keepSecrets(folder);
  const key = await keepDevelopmentKey(folder);
  // Takes longest and needs nothing of the others.
  const bundled = bundleEdge();
  bundled.catch(() => undefined);

  const issuer = `http://${LOOPBACK}:${ports.edge}`;
  const ownerUrl = await startDatabase(context);
  writeSession(folder, { pid: process.pid, edgeUrl: issuer, ownerUrl });
  signal.throwIfAborted();
  const databaseUrl = await output.step(
    "Migrations",
    async () => {
      const applied = await applyMigrations(ownerUrl);
      const login = { user: LOGIN, password: secrets.databasePassword };
      return { applied, url: await createRuntimeLogin(ownerUrl, login) };
    },
    ({ applied }) => (applied.length === 0 ? "nothing to apply" : `applied ${applied.join(", ")}`),
  );
  signal.throwIfAborted();
  const redis = await startStore(context, secrets);
  signal.throwIfAborted();

  const shared = { secrets, redis, issuer };
  const origin = await output.step(
    "Origin",
    () =>
      parts.add(
        startOriginProcess({
          variables: originVariables({
            ...shared,
            databaseUrl: databaseUrl.url,
            key,
            port: ports.origin,
            opsPort: ports.ops,
          }),
          onLine: (line) => output.log(line),
          onCrash: (code) =>
            output.say(`  The origin ended with code ${code}; it starts again when a source file changes.`),
        }),
      ),
    () => `http://${LOOPBACK}:${ports.origin}, probes and metrics http://${LOOPBACK}:${ports.ops}`,
  );
  signal.throwIfAborted();
  const edge = await output.step(
    "Edge",
    async () =>
      parts.add(
        startEdge(await bundled, {
          variables: {
            ...edgeSettings(process.env),
            ...edgeVariables({ ...shared, originUrl: `http://${LOOPBACK}:${ports.origin}` }),
          },
          port: ports.edge,
          onLog: (line) => output.log(line),
        }),
      ),
    ({ url }) => `${url}, in workerd`,
  );
  signal.throwIfAborted();
  return { issuer, ownerUrl, key, edge, origin };
}

async function applyMigrations(ownerUrl: string): Promise<string[]> {
  try {
    return await migrate(ownerUrl);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartError(
      `The database cannot be migrated: ${reason} If its data may go, \`npm run dev -- --reset\` starts afresh.`,
    );
  }
}

function startDatabase({ options, output, parts, onLoss }: StartContext): Promise<string> {
  const { databaseUrl, folder, ports } = options;
  const own = async (): Promise<string> => {
    const postgres = await parts.add(startPostgres({ folder: `${folder}/postgres`, port: ports.postgres }));
    void postgres.exited.then(() => onLoss("Postgres"));
    return postgres.ownerUrl;
  };
  return output.step(
    "PostgreSQL",
    databaseUrl === null ? own : () => reachDatabase(databaseUrl),
    (url) => `${new URL(url).host}, ${databaseUrl === null ? `data in ${folder}` : "from DATABASE_URL"}`,
  );
}

async function startStore({ options, output, parts, onLoss }: StartContext, { redisToken }: Secrets) {
  const { upstash, redisUrl, ports } = options;
  if (upstash !== null) {
    return output.step(
      "Redis",
      async () => upstash,
      () => `${upstash.url}, from UPSTASH_REDIS_REST_URL`,
    );
  }
  return output.step(
    "Redis",
    async () => {
      const redis = await parts.add(
        startRedis({
          token: redisToken,
          port: ports.redisRest,
          serverPort: ports.redis,
          ...(redisUrl === null ? {} : { redisUrl }),
        }),
      );
      void redis.exited.then(() => onLoss("redis-server"));
      return redis;
    },
    ({ url, kind }) => `${url}, ${kind}`,
  );
}
