import { type Environment, type NamedSecret, VariableReader, type Variables } from "#shared/environment.ts";
import { DEFAULT_QUOTAS, type Quotas } from "./limit/plans.ts";

/** The Worker's configuration, parsed once when the isolate starts. */
export type EdgeConfig = {
  readonly environment: Environment;
  readonly originUrls: readonly string[];
  /** The first one signs. */
  readonly assertionSecrets: readonly [NamedSecret, ...NamedSecret[]];
  readonly token: { readonly issuer: string; readonly audience: string; readonly keySetUrl: string | null };
  readonly redis: { readonly url: string; readonly token: string };
  /** Origins (RFC 6454) that browsers may call from, or `*` for all. */
  readonly corsOrigins: readonly string[];
  /** The request header that holds the client's network address; what sets it must be trusted. */
  readonly addressHeader: string;
  readonly quotas: Quotas;
  /** Requests a minute from one address where the platform has no rate-limit binding. */
  readonly shieldLimit: number;
  /** The share of successful requests that are logged, in thousandths. Failures always are. */
  readonly logSampleRate: number;
};

/** @throws EnvironmentError naming every variable that is missing or malformed */
export function readEdgeConfig(variables: Variables): EdgeConfig {
  const read = new VariableReader(variables);
  const webSchemes = read.environment === "production" ? ["https:"] : ["http:", "https:"];
  const perMinute = (name: string, fallback: number) =>
    read.integer(name, { min: 1, max: 1_000_000_000, fallback });
  const config: EdgeConfig = {
    environment: read.environment,
    originUrls: read.urls("ORIGIN_URLS", webSchemes),
    assertionSecrets: read.secrets("ASSERTION_SECRETS"),
    token: {
      issuer: read.url("TOKEN_ISSUER", webSchemes),
      audience: read.text("TOKEN_AUDIENCE", "gatehouse"),
      keySetUrl: variables["JWKS_URL"] ? read.url("JWKS_URL", webSchemes) : null,
    },
    redis: {
      url: read.url("UPSTASH_REDIS_REST_URL", webSchemes),
      token: read.secret("UPSTASH_REDIS_REST_TOKEN"),
    },
    corsOrigins: read
      .text("CORS_ORIGINS", "*")
      .split(",")
      .map((origin) => origin.trim()),
    addressHeader: read.text("ADDRESS_HEADER", "cf-connecting-ip").toLowerCase(),
    quotas: {
      default: { ...DEFAULT_QUOTAS.default, limit: perMinute("QUOTA_DEFAULT", DEFAULT_QUOTAS.default.limit) },
      anonymous: {
        ...DEFAULT_QUOTAS.anonymous,
        limit: perMinute("QUOTA_ANONYMOUS", DEFAULT_QUOTAS.anonymous.limit),
      },
      token: { ...DEFAULT_QUOTAS.token, limit: perMinute("QUOTA_TOKEN", DEFAULT_QUOTAS.token.limit) },
    },
    shieldLimit: perMinute("SHIELD_LIMIT", 60_000),
    logSampleRate: read.integer("LOG_SAMPLE_PERMILLE", { min: 0, max: 1000, fallback: 1000 }),
  };
  read.done();
  return config;
}
