import { createHmac, randomUUID } from "node:crypto";
import { logDestination } from "#origin/log-destination.ts";
import { startOrigin } from "#origin/start.ts";
import { startRedis } from "#scripts/local/redis.ts";
import { headers as names } from "#shared/headers.ts";
import { ASSERTION_LIFETIME_SECONDS, encodeAssertion } from "#shared/identity.ts";
import { get } from "../contestant.ts";
import { type Catalogue, openCatalogue, POOL_SIZE } from "./catalogue.ts";
import { ISSUER, TENANT } from "./token.ts";

/** The whole origin on a catalogue, and requests as an edge would sign them. */

/** Stands for all of the origin's secrets. */
export const SECRET = `development-${"0".repeat(32)}`;

/** @returns its port. It logs to nowhere; the lines are made all the same */
export async function serveOrigin(told: string): Promise<number> {
  const variables = await originVariables(await openCatalogue(told));
  const origin = await startOrigin(variables, { logTo: logDestination("/dev/null") });
  return Number(new URL(origin.url).port);
}

/** What an origin on a catalogue is configured with. Starts a Redis in this process when there is none. */
export async function originVariables({ runtimeUrl, redisUrl }: Catalogue): Promise<Record<string, string>> {
  return {
    ENVIRONMENT: "development",
    PORT: "0",
    OPS_PORT: "0",
    DATABASE_URL: runtimeUrl,
    DATABASE_POOL_SIZE: String(POOL_SIZE),
    UPSTASH_REDIS_REST_URL: redisUrl ?? (await startRedis({ token: SECRET, kind: "in process" })).url,
    UPSTASH_REDIS_REST_TOKEN: SECRET,
    ASSERTION_SECRETS: `bench:${SECRET}`,
    CURSOR_SECRET: SECRET,
    KEY_ENCRYPTION_SECRET: SECRET,
    TOKEN_ISSUER: ISSUER,
    TOKEN_AUDIENCE: "gatehouse",
  };
}

/** A read as it goes over the wire, good for as long as an assertion is. */
export function signedGet(target: string): string {
  return get(target, assertionFor(`GET ${target}`, ["catalog:read"]));
}

/** The headers that an edge adds. @param action the method and the target */
export function assertionFor(
  action: string,
  scopes: readonly string[],
  tenantId: string = TENANT,
): Record<string, string> {
  const requestId = randomUUID();
  const payload = encodeAssertion({
    aud: "gatehouse-origin",
    kid: "bench",
    target: action,
    exp: Math.floor(Date.now() / 1000) + ASSERTION_LIFETIME_SECONDS,
    budgetMs: 300_000,
    requestId,
    tenantId,
    subject: "bench",
    clientId: "bench",
    scopes: [...scopes],
  });
  const mac = createHmac("sha256", SECRET).update(payload).digest("base64url");
  return { [names.assertion]: `${payload}.${mac}`, [names.requestId]: requestId };
}
