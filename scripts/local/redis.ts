import { freePort, LOOPBACK } from "./ports.ts";
import type { Backend } from "./redis/backend.ts";
import { inProcessRedis } from "./redis/engine.ts";
import { realRedis } from "./redis/real.ts";
import { serveRest } from "./redis/rest.ts";
import { findRedisServer, startRedisServer } from "./redis/server-process.ts";

export type RedisKind = "server at REDIS_URL" | "redis-server" | "in process";

export type RunningRedis = {
  /** Upstash's REST protocol: UPSTASH_REDIS_REST_URL. */
  readonly url: string;
  readonly token: string;
  readonly kind: RedisKind;
  /** Settles when a `redis-server` of ours has ended, however that came about. */
  readonly exited: Promise<number>;
  readonly stop: () => Promise<void>;
};

export type RedisOptions = {
  /** The bearer token that the endpoint asks for. */
  readonly token: string;
  /** A server that already runs. */
  readonly redisUrl?: string;
  /** `in process` even where there is a `redis-server`. */
  readonly kind?: "best" | "in process";
  /** Of the REST endpoint, and of a `redis-server` started for it; free ones when left out. */
  readonly port?: number;
  readonly serverPort?: number;
};

type Source = Pick<RunningRedis, "kind" | "exited" | "stop"> & { readonly backend: Backend };

const NEVER = new Promise<never>(() => undefined);

/**
 * Starts the Redis-compatible store: a server at `redisUrl`, else a `redis-server` of the PATH, else
 * an engine in this process. Nothing of it is kept on disk.
 * @throws StartError when a port is taken or the server cannot be reached
 */
export async function startRedis(options: RedisOptions): Promise<RunningRedis> {
  const { kind, backend, exited, stop } = await openSource(options);
  try {
    const rest = await serveRest(backend, options);
    return {
      url: rest.url,
      token: options.token,
      kind,
      exited,
      stop: async () => {
        await rest.close();
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function openSource({ redisUrl, kind = "best", serverPort }: RedisOptions): Promise<Source> {
  if (redisUrl) {
    const backend = await realRedis(redisUrl);
    return { kind: "server at REDIS_URL", backend, exited: NEVER, stop: backend.close };
  }
  const program = kind === "best" ? findRedisServer() : null;
  if (program === null) {
    const backend = inProcessRedis();
    return { kind: "in process", backend, exited: NEVER, stop: backend.close };
  }
  const port = serverPort ?? (await freePort());
  const server = await startRedisServer(program, port);
  const backend = await realRedis(`redis://${LOOPBACK}:${port}`);
  return {
    kind: "redis-server",
    backend,
    exited: server.exited,
    stop: async () => {
      await backend.close();
      await server.stop();
    },
  };
}
