import { type Environment, type NamedSecret, VariableReader, type Variables } from "#shared/environment.ts";
import { type ExternalIssuer, readTrustedIssuers } from "./auth/trusted-issuers.ts";
import { DEFAULT_QUOTAS, type QuotaTable } from "./limit/plans.ts";

/** The Worker's configuration, parsed once when the isolate starts. */
export type EdgeConfig = {
  readonly environment: Environment;
  readonly originUrls: readonly string[];
  /** The first one signs. */
  readonly assertionSecrets: readonly [NamedSecret, ...NamedSecret[]];
  readonly token: {
    readonly issuer: string;
    readonly audience: string;
    readonly keySetUrl: string | null;
    /** How long the keys of tokens are used after they were fetched last, while they cannot be renewed. */
    readonly staleKeysSeconds: number;
  };
  /** Issuers that are trusted beside our own. */
  readonly issuers: readonly ExternalIssuer[];
  readonly redis: {
    readonly url: string;
    readonly token: string;
    /** The longest that a request waits for an answer. */
    readonly timeoutMs: number;
  };
  /** Origins (RFC 6454) that browsers may call from, or `*` for all. */
  readonly corsOrigins: readonly string[];
  /** The request header that holds the client's network address; what sets it must be trusted. */
  readonly addressHeader: string;
  readonly quotas: QuotaTable;
  /** Clients that no quota holds for, as `tenant/client`. */
  readonly unlimitedClients: ReadonlySet<string>;
  /** Requests a minute from one address where the platform has no rate-limit binding. */
  readonly shieldLimit: number;
  /** What the embedded cache may hold, where the platform has none. */
  readonly cacheBytes: number;
  /** The share of successful requests that are logged, in thousandths. Failures always are. */
  readonly logSampleRate: number;
  /** From how many milliseconds on a request is logged as slow; 0: by the budget of its route. */
  readonly logSlowMs: number;
  /** The share of the traces that begin here which are recorded, in thousandths. */
  readonly traceSampleRate: number;
};

const MEGABYTE = 1024 * 1024;

/** @throws EnvironmentError naming every variable that is missing or malformed */
export function readEdgeConfig(variables: Variables): EdgeConfig {
  const read = new VariableReader(variables);
  const webSchemes = read.environment === "production" ? ["https:"] : ["http:", "https:"];
  const perMinute = (name: string, fallback: number) =>
    read.integer(name, { min: 1, max: 1_000_000_000, fallback });
  const issuer = read.url("TOKEN_ISSUER", webSchemes);
  const config: EdgeConfig = {
    environment: read.environment,
    originUrls: read.urls("ORIGIN_URLS", webSchemes),
    assertionSecrets: read.secrets("ASSERTION_SECRETS"),
    token: {
      issuer,
      audience: read.text("TOKEN_AUDIENCE", "gatehouse"),
      keySetUrl: variables["JWKS_URL"] ? read.url("JWKS_URL", webSchemes) : null,
      staleKeysSeconds: read.integer("TOKEN_KEYS_STALE_SECONDS", { min: 0, max: 86_400, fallback: 3_600 }),
    },
    issuers: readTrustedIssuers(read, webSchemes, issuer),
    redis: {
      url: read.url("UPSTASH_REDIS_REST_URL", webSchemes),
      token: read.secret("UPSTASH_REDIS_REST_TOKEN"),
      timeoutMs: read.integer("REDIS_TIMEOUT_MS", { min: 10, max: 10_000, fallback: 200 }),
    },
    corsOrigins: list(read.text("CORS_ORIGINS", "*")),
    addressHeader: read.text("ADDRESS_HEADER", "cf-connecting-ip").toLowerCase(),
    quotas: {
      default: {
        ...DEFAULT_QUOTAS.default,
        limit: perMinute("QUOTA_DEFAULT", DEFAULT_QUOTAS.default.limit),
        plans: readPlans(read, DEFAULT_QUOTAS.default.plans),
      },
      anonymous: {
        ...DEFAULT_QUOTAS.anonymous,
        limit: perMinute("QUOTA_ANONYMOUS", DEFAULT_QUOTAS.anonymous.limit),
      },
      token: { ...DEFAULT_QUOTAS.token, limit: perMinute("QUOTA_TOKEN", DEFAULT_QUOTAS.token.limit) },
      login: { ...DEFAULT_QUOTAS.login, limit: perMinute("QUOTA_LOGIN", DEFAULT_QUOTAS.login.limit) },
    },
    unlimitedClients: new Set(list(read.text("UNLIMITED_CLIENTS", ""))),
    shieldLimit: perMinute("SHIELD_LIMIT", 60_000),
    cacheBytes: MEGABYTE * read.integer("EMBEDDED_CACHE_MEGABYTES", { min: 1, max: 96, fallback: 64 }),
    logSampleRate: read.integer("LOG_SAMPLE_PERMILLE", { min: 0, max: 1000, fallback: 1000 }),
    logSlowMs: read.integer("LOG_SLOW_MS", { min: 0, max: 300_000, fallback: 0 }),
    traceSampleRate: read.integer("TRACE_SAMPLE_PERMILLE", { min: 0, max: 1000, fallback: 1000 }),
  };
  read.done();
  return config;
}

/** Of a Worker's bindings those that are text: variables and secrets. */
export function textVariables(bindings: object): Record<string, string> {
  const texts = Object.entries(bindings).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return Object.fromEntries(texts);
}

/** `name:limit` pairs separated by commas, in place of all the plans that there are without it. */
function readPlans(
  read: VariableReader,
  fallback: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  const pairs = list(read.text("QUOTA_PLANS", ""));
  if (pairs.length === 0) return fallback;
  const plans = pairs.map((pair) => /^([a-z0-9_-]{1,32}):([1-9]\d{0,8})$/.exec(pair));
  if (plans.includes(null)) {
    read.fault("QUOTA_PLANS", "must be `name:limit` pairs, separated by commas; names of a-z, 0-9, - and _");
  }
  return Object.fromEntries(plans.flatMap((match) => (match ? [[match[1], Number(match[2])]] : [])));
}

function list(text: string): readonly string[] {
  return text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}
