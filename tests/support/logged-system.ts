import { bundleEdge, startEdge } from "#scripts/local/edge.ts";
import { startRedis } from "#scripts/local/redis.ts";
import { type FaultProxy, startFaultProxy } from "./fault-proxy.ts";
import { startOriginProcess } from "./origin-process.ts";
import { startOwnDatabase } from "./own-database.ts";
import { type RedisGate, startRedisGate } from "./redis-gate.ts";
import { mintToken, stack } from "./stack.ts";

/** Both tiers as they are run, origin as a process and edge in workerd, with all that they write. */
export type LoggedSystem = {
  readonly url: string;
  readonly tenant: { readonly id: string; readonly slug: string };
  readonly token: (scopes: readonly string[]) => Promise<string>;
  readonly database: FaultProxy;
  readonly redis: RedisGate;
  /** As the owner of the database. */
  readonly sql: Awaited<ReturnType<typeof startOwnDatabase>>["sql"];
  readonly originVariables: Readonly<Record<string, string>>;
  /** Log lines of both tiers so far, parsed. */
  readonly lines: () => readonly Record<string, unknown>[];
  /** Ends the origin as an orchestrator does, so that all it has to say is written. @returns all that was */
  readonly ended: () => Promise<string>;
  readonly stop: () => Promise<void>;
};

/** @param variables of both tiers, beside those that they have anyway */
export async function startLoggedSystem(
  variables: Readonly<Record<string, string>> = {},
): Promise<LoggedSystem> {
  const bundling = bundleEdge();
  const own = await startOwnDatabase();
  const store = await startRedis({ token: stack().redis.token });
  const redis = await startRedisGate(store.url);
  const { hostname, port } = new URL(own.url);
  const database = await startFaultProxy({ upstream: { host: hostname, port: Number(port) } });
  const parts = { UPSTASH_REDIS_REST_URL: redis.url, ...variables };
  const originVariables = { ...stack().originVariables, DATABASE_URL: database.through(own.url), ...parts };
  const origin = await startOriginProcess(originVariables);
  const edgeLines: string[] = [];
  const edge = await startEdge(await bundling, {
    variables: { ...stack().edgeVariables, ORIGIN_URLS: origin.url, LOG_SAMPLE_PERMILLE: "1000", ...parts },
    shieldLimit: 1_000_000,
    onLog: (line) => edgeLines.push(line),
  });
  const id = await own.newTenant();
  return {
    url: edge.url,
    tenant: { id, slug: `test-${id}` },
    token: (scopes) => mintToken({ tenantId: id, scopes }),
    database,
    redis,
    sql: own.sql,
    originVariables,
    lines: () => [...edgeLines, ...origin.lines()].flatMap(parsed),
    async ended() {
      process.kill(origin.pid, "SIGTERM");
      await origin.ended;
      return [...edgeLines, ...origin.lines(), origin.errors()].join("\n");
    },
    async stop() {
      await edge.stop();
      origin.kill();
      await origin.ended;
      await database.stop();
      await redis.stop();
      await store.stop();
      await own.drop();
    },
  };
}

function parsed(line: string): Record<string, unknown>[] {
  return line.startsWith("{") ? [JSON.parse(line)] : [];
}
