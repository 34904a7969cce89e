import type { DevelopmentKey } from "./development-key.ts";
import type { Secrets } from "./secrets.ts";

export const TOKEN_AUDIENCE = "gatehouse";
const SECRET_ID = "development";

/** What both tiers are told of the parts they share. */
export type SharedParts = {
  readonly secrets: Secrets;
  readonly redis: { readonly url: string; readonly token: string };
  readonly issuer: string;
};

type OriginParts = SharedParts & {
  readonly databaseUrl: string;
  readonly key: DevelopmentKey;
  readonly port: number;
  readonly opsPort: number;
};

/** The variables of `origin/config.ts` for a system on this machine. */
export function originVariables({ databaseUrl, key, port, opsPort, ...shared }: OriginParts) {
  return {
    ...sharedVariables(shared),
    PORT: String(port),
    OPS_PORT: String(opsPort),
    DATABASE_URL: databaseUrl,
    CURSOR_SECRET: shared.secrets.cursor,
    KEY_ENCRYPTION_SECRET: shared.secrets.keyEncryption,
    DEVELOPMENT_PUBLIC_KEY: JSON.stringify(key.publicJwk),
    WEBHOOK_TARGETS: "local",
  };
}

/** The variables of `edge/env.ts` for a system on this machine. */
export function edgeVariables({ originUrl, ...shared }: SharedParts & { readonly originUrl: string }) {
  return { ...sharedVariables(shared), ORIGIN_URLS: originUrl };
}

function sharedVariables({ secrets, redis, issuer }: SharedParts) {
  return {
    ENVIRONMENT: "development",
    ASSERTION_SECRETS: `${SECRET_ID}:${secrets.assertion}`,
    UPSTASH_REDIS_REST_URL: redis.url,
    UPSTASH_REDIS_REST_TOKEN: redis.token,
    TOKEN_ISSUER: issuer,
    TOKEN_AUDIENCE,
  };
}
