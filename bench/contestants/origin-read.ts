import { createHmac, randomUUID } from "node:crypto";
import { logDestination } from "#origin/log-destination.ts";
import { startOrigin } from "#origin/start.ts";
import { startRedis } from "#scripts/local/redis.ts";
import { headers as names } from "#shared/headers.ts";
import { ASSERTION_LIFETIME_SECONDS, encodeAssertion } from "#shared/identity.ts";
import { get, type Serving } from "../contestant.ts";
import { FIRST_PRODUCT, POOL_SIZE, PRODUCTS_READ, startCatalogue } from "./catalogue.ts";
import { productId } from "./product.ts";
import { ISSUER, TENANT } from "./token.ts";

/**
 * The whole origin: assertion verified, parameters validated, read under row-level security,
 * serialised, counted, and logged (to nowhere; the line is made all the same).
 */

const SECRET = `development-${"0".repeat(32)}`;

export async function start(): Promise<Serving> {
  const { runtimeUrl } = await startCatalogue();
  const redis = await startRedis({ token: SECRET, kind: "in process" });
  const origin = await startOrigin(
    {
      ENVIRONMENT: "development",
      PORT: "0",
      OPS_PORT: "0",
      DATABASE_URL: runtimeUrl,
      DATABASE_POOL_SIZE: String(POOL_SIZE),
      UPSTASH_REDIS_REST_URL: redis.url,
      UPSTASH_REDIS_REST_TOKEN: redis.token,
      ASSERTION_SECRETS: `bench:${SECRET}`,
      CURSOR_SECRET: SECRET,
      KEY_ENCRYPTION_SECRET: SECRET,
      TOKEN_ISSUER: ISSUER,
      TOKEN_AUDIENCE: "gatehouse",
    },
    { logTo: logDestination("/dev/null") },
  );
  return {
    port: Number(new URL(origin.url).port),
    pids: [process.pid],
    expected: {
      body: JSON.stringify(FIRST_PRODUCT),
      headers: { "content-type": "^application/json", etag: '^"1"$', "x-request-id": "." },
    },
  };
}

export function requests(): Promise<readonly string[]> {
  return Promise.resolve(Array.from({ length: PRODUCTS_READ }, (_, index) => requestFor(productId(index))));
}

function requestFor(id: string): string {
  const target = `/v1/products/${id}`;
  const requestId = randomUUID();
  const payload = encodeAssertion({
    aud: "gatehouse-origin",
    kid: "bench",
    target: `GET ${target}`,
    exp: Math.floor(Date.now() / 1000) + ASSERTION_LIFETIME_SECONDS,
    budgetMs: 5_000,
    requestId,
    tenantId: TENANT,
    scopes: ["catalog:read"],
  });
  const mac = createHmac("sha256", SECRET).update(payload).digest("base64url");
  return get(target, { [names.assertion]: `${payload}.${mac}`, [names.requestId]: requestId });
}
