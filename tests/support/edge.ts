import { randomUUID } from "node:crypto";
import { bundleEdge, type EdgeOptions, type RunningEdge, startEdge } from "#scripts/local/edge.ts";
import { type RecordingOrigin, startRecordingOrigin } from "./recording-origin.ts";
import { stack } from "./stack.ts";

export const ISSUER = "http://issuer.test";

export type EdgeUnderTest = RunningEdge & {
  readonly origin: RecordingOrigin;
  /** A token that this edge trusts. */
  readonly token: (claims?: Readonly<Record<string, unknown>>) => Promise<string>;
};

const SECRET = `development-${"0".repeat(32)}`;
/** Nothing listens there. */
const NO_REDIS = { UPSTASH_REDIS_REST_URL: "http://127.0.0.1:9", UPSTASH_REDIS_REST_TOKEN: SECRET };

/**
 * Lets an edge see versions: the stack's Redis, whose relay beats. On a machine too busy for a beat the edge
 * is blind for a moment, and its keys are others: tests of what is found in the cache are repeated then.
 */
export function sighted(): Readonly<Record<string, string>> {
  const { url, token } = stack().redis;
  return { UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token, REDIS_TIMEOUT_MS: "5000" };
}
export const AGAIN_WHEN_BLIND = { retry: 3 };

let bundle: Promise<string> | null = null;

/**
 * An edge in workerd with a recording origin behind it, apart from the shared stack.
 * @param main the Worker's file; wrangler.toml's own when left out
 */
export async function startEdgeUnderTest(
  options: Partial<EdgeOptions> = {},
  main?: string,
): Promise<EdgeUnderTest> {
  const origin = await startRecordingOrigin();
  bundle ??= bundleEdge();
  const edge = await startEdge(await (main === undefined ? bundle : bundleEdge(main)), {
    onLog: () => undefined,
    shieldLimit: 1_000_000,
    ...options,
    variables: {
      ENVIRONMENT: "development",
      ORIGIN_URLS: origin.url,
      ASSERTION_SECRETS: `test:${SECRET}`,
      TOKEN_ISSUER: ISSUER,
      ...NO_REDIS,
      ...options.variables,
    },
  });
  return {
    ...edge,
    origin,
    token: (claims = {}) => origin.sign({ ...tokenClaims(), ...claims }),
    stop: async () => {
      await edge.stop();
      await origin.stop();
    },
  };
}

/** Claims of a good token that lasts five minutes. */
export function tokenClaims(): Record<string, unknown> {
  const now = Math.floor(Date.now() / 1000);
  return {
    iss: ISSUER,
    aud: "gatehouse",
    sub: "user-1",
    client_id: "client-1",
    tenant: "0190a7c0-0000-7000-8000-00000000000a",
    scope: "catalog:read catalog:write",
    jti: randomUUID(),
    iat: now,
    exp: now + 300,
  };
}
