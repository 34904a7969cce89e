import { createHmac, randomUUID } from "node:crypto";
import postgres from "postgres";
import { v7 as uuidv7 } from "uuid";
import { type RunningOrigin, startOrigin } from "#origin/start.ts";
import { startRedis } from "#scripts/local/redis.ts";
import { makeSecrets } from "#scripts/local/secrets.ts";
import type { NamedSecret } from "#shared/environment.ts";
import { headers as names } from "#shared/headers.ts";
import { type AssertionClaims, encodeAssertion } from "#shared/identity.ts";

/** An origin in this process, on free ports, and what a test needs to talk to it as the edge would. */
export type TestOrigin = RunningOrigin & {
  readonly secret: NamedSecret;
  readonly redis: { readonly url: string; readonly token: string };
  readonly lines: () => readonly Record<string, unknown>[];
};

export type OriginOptions = {
  readonly databaseUrl: string;
  readonly variables?: Readonly<Record<string, string>>;
};

/** Starts an origin on a database, with a Redis of its own. */
export async function startTestOrigin({ databaseUrl, variables }: OriginOptions): Promise<TestOrigin> {
  const secrets = makeSecrets();
  const redis = await startRedis({ token: secrets.redisToken, kind: "in process" });
  const secret = { kid: "test", secret: secrets.assertion };
  const written: string[] = [];
  const origin = await startOrigin(
    {
      ENVIRONMENT: "development",
      PORT: "0",
      OPS_PORT: "0",
      DATABASE_URL: databaseUrl,
      DATABASE_POOL_SIZE: "8",
      UPSTASH_REDIS_REST_URL: redis.url,
      UPSTASH_REDIS_REST_TOKEN: redis.token,
      ASSERTION_SECRETS: `${secret.kid}:${secret.secret}`,
      CURSOR_SECRET: secrets.cursor,
      // The same for all that share a database: they share its signing key too.
      KEY_ENCRYPTION_SECRET: "development-key-encryption-of-the-tests",
      TOKEN_ISSUER: "http://127.0.0.1:8787",
      TOKEN_AUDIENCE: "gatehouse",
      ...variables,
    },
    { logTo: { write: (line: string) => written.push(line) } },
  );
  return {
    ...origin,
    secret,
    redis,
    lines: () => written.map((line): Record<string, unknown> => JSON.parse(line)),
    stop: async () => {
      await origin.stop();
      await redis.stop();
    },
  };
}

/** Makes a tenant that no other test file knows. @param ownerUrl of the role that owns the schema */
export async function makeTenant(ownerUrl: string): Promise<string> {
  const id = uuidv7();
  const sql = postgres(ownerUrl, { max: 1 });
  try {
    await sql.begin(async (tx) => {
      await tx`select set_config('app.tenant', ${id}, true)`;
      await tx`insert into tenants (id, slug, name) values (${id}, ${id}, 'A tenant of a test')`;
    });
  } finally {
    await sql.end();
  }
  return id;
}

export type SignedRequest = {
  readonly method?: string;
  /** Null: nobody, as on public routes. */
  readonly tenantId?: string | null;
  readonly scopes?: readonly string[];
  readonly clientId?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON unless it is text, bytes or a stream. */
  readonly body?: unknown;
  /** Replaces claims, for assertions that must be refused. */
  readonly claims?: Partial<AssertionClaims>;
};

export type Answer = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // Tests look into answers of every shape.
  readonly json: () => ReturnType<typeof JSON.parse>;
};

/** Signs as the edge does. */
export function signAssertion({ kid, secret }: NamedSecret, claims: Partial<AssertionClaims>): string {
  const payload = encodeAssertion({
    aud: "gatehouse-origin",
    kid,
    target: "GET /",
    exp: Math.floor(Date.now() / 1000) + 30,
    budgetMs: 5_000,
    requestId: randomUUID(),
    scopes: [],
    ...claims,
  });
  return `${payload}.${createHmac("sha256", secret).update(payload).digest("base64url")}`;
}

/** Sends requests to an origin with the assertion that the edge would send. */
export function originClient(origin: Pick<TestOrigin, "url" | "secret">, tenantId: string) {
  return async function send(path: string, request: SignedRequest = {}): Promise<Answer> {
    const { method = "GET", scopes = ["catalog:read", "catalog:write"], clientId = "tester" } = request;
    const tenant = request.tenantId === undefined ? tenantId : request.tenantId;
    const identity =
      tenant === null ? { scopes: [] } : { tenantId: tenant, subject: clientId, clientId, scopes };
    const assertion = signAssertion(origin.secret, {
      target: `${method} ${path}`,
      ...identity,
      scopes: [...identity.scopes],
      ...request.claims,
    });
    const response = await fetch(origin.url + path, {
      method,
      headers: { ...contentType(request.body), [names.assertion]: assertion, ...request.headers },
      ...bodyOf(request.body),
      redirect: "manual",
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: () => JSON.parse(text) };
  };
}

export type Send = ReturnType<typeof originClient>;

function contentType(body: unknown): Record<string, string> {
  return body === undefined ? {} : { "content-type": "application/json" };
}

function bodyOf(body: unknown): Pick<RequestInit, "body" | "duplex"> {
  if (body === undefined) return {};
  if (typeof body === "string" || body instanceof Uint8Array) return { body };
  if (body instanceof ReadableStream) return { body, duplex: "half" };
  return { body: JSON.stringify(body) };
}
