import { parseArguments } from "#scripts/local/command-line.ts";
import { DEFAULT_PORT_BASE, dataFolder } from "#scripts/local/data-folder.ts";
import { StartError } from "#scripts/local/start-error.ts";

const LAST_PORT_BASE = 65_530;

export type Ports = {
  readonly edge: number;
  readonly origin: number;
  readonly ops: number;
  readonly redisRest: number;
  readonly postgres: number;
  readonly redis: number;
};

export type DevOptions = {
  readonly folder: string;
  readonly ports: Ports;
  readonly reset: boolean;
  /** An existing database, as a role that may change its schema and make roles. */
  readonly databaseUrl: string | null;
  readonly redisUrl: string | null;
  /** Upstash's REST endpoint instead of one of our own. */
  readonly upstash: { readonly url: string; readonly token: string } | null;
};

export const USAGE = `npm run dev -- [--reset] [--port-base PORT]

  --reset           delete the data of earlier runs first
  --port-base PORT  the edge's port; the other parts take the five after it (default ${DEFAULT_PORT_BASE})

Environment: DATABASE_URL, REDIS_URL, UPSTASH_REDIS_REST_URL and _TOKEN use parts that already run;
GATEHOUSE_DATA_DIR keeps the data elsewhere than in .gatehouse. What .env.example and .dev.vars.example
have is passed on, the edge's from .dev.vars too, but for what is made up here.`;

/** @throws StartError when something was given that cannot be meant; null when help was asked for */
export function readOptions(args: readonly string[], variables: NodeJS.ProcessEnv): DevOptions | null {
  const parsed = parseArguments(args, USAGE, {
    options: { reset: { type: "boolean" }, "port-base": { type: "string" } },
  });
  if (parsed === null) return null;
  const { values } = parsed;
  const base = Number(values["port-base"] ?? DEFAULT_PORT_BASE);
  if (!Number.isInteger(base) || base < 1 || base > LAST_PORT_BASE) {
    throw new StartError(`--port-base takes a port from 1 to ${LAST_PORT_BASE}.`);
  }
  const url = variables["UPSTASH_REDIS_REST_URL"];
  const token = variables["UPSTASH_REDIS_REST_TOKEN"];
  if (Boolean(url) !== Boolean(token)) {
    throw new StartError(
      "UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN go together: set both or none.",
    );
  }
  return {
    folder: dataFolder(variables),
    ports: portsFrom(base),
    reset: values.reset ?? false,
    databaseUrl: variables["DATABASE_URL"] || null,
    redisUrl: variables["REDIS_URL"] || null,
    upstash: url && token ? { url, token } : null,
  };
}

function portsFrom(base: number): Ports {
  return {
    edge: base,
    origin: base + 1,
    ops: base + 2,
    redisRest: base + 3,
    postgres: base + 4,
    redis: base + 5,
  };
}
