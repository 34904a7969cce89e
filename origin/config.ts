import Type, { type Static } from "typebox";
import { Compile } from "typebox/schema";
import {
  type Environment,
  type NamedSecret,
  type SecretList,
  VariableReader,
  type Variables,
} from "#shared/environment.ts";
import type { KeySchedule } from "./resources/access/signing-keys/signing-keys.ts";
import type { TargetRule } from "./resources/webhooks/target.ts";
import { readTracing, type TracingConfig } from "./tracing/config.ts";

/** A public ES256 key with its id (RFC 7517, RFC 7518 §6.2.1). A private member is refused. */
const PublicJwk = Type.Object(
  {
    kty: Type.Literal("EC"),
    crv: Type.Literal("P-256"),
    x: Type.String({ minLength: 1 }),
    y: Type.String({ minLength: 1 }),
    kid: Type.String({ minLength: 1 }),
    alg: Type.Optional(Type.Literal("ES256")),
    use: Type.Optional(Type.Literal("sig")),
  },
  { additionalProperties: false },
);
export type PublicJwk = Static<typeof PublicJwk>;
const publicJwkCheck = Compile(PublicJwk);

const SECONDS_A_DAY = 86_400;

const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;

export type TokenConfig = {
  readonly issuer: string;
  readonly audience: string;
  readonly lifetimeSeconds: number;
};

export type ShutdownConfig = {
  /** Between "not ready" and the end of the port: load balancers have to see it first. */
  readonly delayMs: number;
  /** From the signal to the end of the process. */
  readonly graceMs: number;
};

export type RequestLogConfig = {
  /** Thousandths of the successful requests that are logged. Failures always are. */
  readonly samplePermille: number;
  /** From how many milliseconds on a request is logged as slow; 0: by the budget of its route. */
  readonly slowMs: number;
};

export type OriginConfig = {
  readonly environment: Environment;
  readonly host: string;
  /** Where the edge connects. 0: any free port. */
  readonly port: number;
  /** Probes and metrics; never reachable from outside. 0: any free port. */
  readonly opsPort: number;
  /** A login that is a member of `gatehouse_app`. `?sslmode=verify-full` is the mode that verifies. */
  readonly databaseUrl: string;
  readonly databasePoolSize: number;
  readonly redis: { readonly url: string; readonly token: string };
  readonly assertionSecrets: readonly NamedSecret[];
  readonly cursorSecrets: SecretList;
  readonly keyEncryptionSecrets: SecretList;
  readonly tokens: TokenConfig;
  readonly signingKeys: KeySchedule;
  /** How long a login lasts, however often it is refreshed. */
  readonly sessionLifetimeSeconds: number;
  /** Published beside the origin's own keys, so that `npm run token` works. Development only. */
  readonly developmentPublicKey: PublicJwk | null;
  /** Where webhooks may send to. */
  readonly webhookTargets: TargetRule;
  readonly shutdown: ShutdownConfig;
  /** The delay of the event loop, in milliseconds, at which lists are shed (origin/shedding/decide.ts). */
  readonly shedDelayMs: number;
  readonly logLevel: (typeof LOG_LEVELS)[number];
  readonly requestLog: RequestLogConfig;
  /** Null: traces are off. */
  readonly tracing: TracingConfig | null;
  /** A module that is told of errors that nobody expected. */
  readonly errorHook: string | null;
};

/**
 * Reads the configuration from environment variables.
 * @throws EnvironmentError that names every variable that is missing or malformed
 */
export function readConfig(variables: Variables): OriginConfig {
  const read = new VariableReader(variables);
  const development = read.environment === "development";
  const config: OriginConfig = {
    environment: read.environment,
    host: read.text("HOST", development ? "127.0.0.1" : "0.0.0.0"),
    port: read.integer("PORT", { min: 0, max: 65_535, fallback: 8788 }),
    opsPort: read.integer("OPS_PORT", { min: 0, max: 65_535, fallback: 8789 }),
    databaseUrl: read.url("DATABASE_URL", ["postgres:", "postgresql:"]),
    databasePoolSize: read.integer("DATABASE_POOL_SIZE", { min: 1, max: 200, fallback: 10 }),
    redis: {
      url: read.url("UPSTASH_REDIS_REST_URL", development ? ["https:", "http:"] : ["https:"]),
      token: read.text("UPSTASH_REDIS_REST_TOKEN"),
    },
    assertionSecrets: read.secrets("ASSERTION_SECRETS"),
    cursorSecrets: read.secretList("CURSOR_SECRET"),
    keyEncryptionSecrets: read.secretList("KEY_ENCRYPTION_SECRET"),
    tokens: {
      issuer: read.url("TOKEN_ISSUER", development ? ["https:", "http:"] : ["https:"]),
      audience: read.text("TOKEN_AUDIENCE"),
      lifetimeSeconds: readTokenLifetime(read),
    },
    signingKeys: readKeySchedule(read),
    sessionLifetimeSeconds:
      SECONDS_A_DAY * read.integer("SESSION_LIFETIME_DAYS", { min: 1, max: 366, fallback: 30 }),
    developmentPublicKey: readDevelopmentKey(read, variables["DEVELOPMENT_PUBLIC_KEY"]),
    webhookTargets: readWebhookTargets(read),
    shedDelayMs: read.integer("SHED_DELAY_MS", { min: 10, max: 600_000, fallback: 200 }),
    shutdown: readShutdown(read, development),
    logLevel: read.oneOf("LOG_LEVEL", LOG_LEVELS, "info"),
    requestLog: {
      samplePermille: read.integer("LOG_SAMPLE_PERMILLE", { min: 0, max: 1000, fallback: 1000 }),
      slowMs: read.integer("LOG_SLOW_MS", { min: 0, max: 300_000, fallback: 0 }),
    },
    tracing: readTracing(read),
    errorHook: read.text("ERROR_HOOK", "") || null,
  };
  read.done();
  return config;
}

/** How signing keys follow each other: for the origin, and for the command that rotates them. */
export function readKeySchedule(read: VariableReader): KeySchedule {
  return {
    lifetimeSeconds:
      SECONDS_A_DAY * read.integer("SIGNING_KEY_LIFETIME_DAYS", { min: 1, max: 3_650, fallback: 90 }),
    publishSeconds: read.integer("SIGNING_KEY_PUBLISH_SECONDS", { min: 1, max: 43_200, fallback: 7_200 }),
  };
}

/** The longest that a token of this issuer may live, in seconds. */
export const MAX_ISSUED_LIFETIME_SECONDS = 86_400;

export function readTokenLifetime(read: VariableReader): number {
  return read.integer("TOKEN_LIFETIME_SECONDS", { min: 60, max: MAX_ISSUED_LIFETIME_SECONDS, fallback: 900 });
}

/** `local` is for receivers on a developer's own machine. */
function readWebhookTargets(read: VariableReader): TargetRule {
  const local = read.oneOf("WEBHOOK_TARGETS", ["public", "local"], "public") === "local";
  if (local && read.environment !== "development")
    read.fault("WEBHOOK_TARGETS", `local is for development, and ${read.environment} refuses it`);
  return { allowHttp: local, allowLoopback: local };
}

const MIN_GRACE_SECONDS = 5;

function readShutdown(read: VariableReader, development: boolean): ShutdownConfig {
  const delay = read.integer("SHUTDOWN_DELAY_SECONDS", { min: 0, max: 300, fallback: development ? 0 : 5 });
  const grace = read.integer("SHUTDOWN_GRACE_SECONDS", { min: MIN_GRACE_SECONDS, max: 3_600, fallback: 25 });
  if (grace < delay + MIN_GRACE_SECONDS)
    read.fault("SHUTDOWN_GRACE_SECONDS", `must leave ${MIN_GRACE_SECONDS} s after SHUTDOWN_DELAY_SECONDS`);
  return { delayMs: delay * 1000, graceMs: grace * 1000 };
}

function readDevelopmentKey(read: VariableReader, text: string | undefined): PublicJwk | null {
  if (text === undefined || text === "") return null;
  if (read.environment !== "development") {
    read.fault("DEVELOPMENT_PUBLIC_KEY", `is for development, and ${read.environment} refuses it`);
    return null;
  }
  const jwk = parseJson(text);
  if (publicJwkCheck.Check(jwk)) return jwk;
  read.fault("DEVELOPMENT_PUBLIC_KEY", "must be a public ES256 key as a JWK with a kid");
  return null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
