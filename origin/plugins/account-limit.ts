import rateLimit, { type FastifyRateLimitStore } from "@fastify/rate-limit";
import type { FastifyInstance, FastifyRequest, preHandlerAsyncHookHandler } from "fastify";
import type { OperationId } from "#shared/contract.ts";
import { Problem } from "#shared/problems.ts";
import type { CountAttempt } from "../attempts.ts";
import { emailInLowerCase } from "../resources/access/auth/accounts.ts";
import { readCredentials } from "../resources/access/client-credentials.ts";

/**
 * The origin's last line: how often one account may be tried, whatever way the tries came. By account
 * only: behind the edge every request comes from the edge's address, and it counts by the client's.
 */

type AccountLimit = {
  readonly max: number;
  /** Whose tries are counted; null when the request names nobody, and is refused for that. */
  readonly accountOf: (request: FastifyRequest) => string | null;
};

const WINDOW_MS = 60_000;

const accountLimits: Partial<Record<OperationId, AccountLimit>> = {
  login: { max: 5, accountOf: loginAccount },
  // Else whoever has a token could guess the password with it.
  changeOwnPassword: { max: 5, accountOf: ({ claims }) => `${claims?.tenantId} ${claims?.subject}` },
  issueToken: { max: 60, accountOf: tokenClient },
  revokeToken: { max: 60, accountOf: tokenClient },
};

export type AccountGuards = ReadonlyMap<string, preHandlerAsyncHookHandler>;

/** Guards by operation id, to run when the body has been read and before the handler. */
export async function accountGuards(app: FastifyInstance, count: CountAttempt): Promise<AccountGuards> {
  await app.register(rateLimit, {
    global: false,
    store: storeOf(count),
    // The edge says its own on every answer.
    addHeadersOnExceeding: NO_HEADERS,
    addHeaders: { ...NO_HEADERS, "retry-after": false },
  });
  const guards = Object.entries(accountLimits).map(([id, { max, accountOf }]) => {
    const nameOf = (request: FastifyRequest) => accountOf(request) ?? "";
    const guard = app.rateLimit({
      max,
      timeWindow: WINDOW_MS,
      keyGenerator: (request) => `${id} ${nameOf(request)}`,
      allowList: (request) => nameOf(request) === "",
      errorResponseBuilder: (_request, { ttl }) => tooMany(max, ttl),
    });
    return [id, guard] as const;
  });
  return new Map(guards);
}

const NO_HEADERS = { "x-ratelimit-limit": false, "x-ratelimit-remaining": false, "x-ratelimit-reset": false };

function tooMany(max: number, ttlMs: number): Problem {
  const seconds = Math.max(1, Math.ceil(ttlMs / 1000));
  return new Problem(
    "quota-exceeded",
    { detail: `one account may be tried ${max} times a minute`, "violated-policies": ["account"] },
    { "retry-after": String(seconds) },
  );
}

/** The plugin's idea of a store, over a function. */
function storeOf(count: CountAttempt) {
  return class AttemptStore implements FastifyRateLimitStore {
    incr(
      key: string,
      done: (error: Error | null, result?: { current: number; ttl: number }) => void,
      windowMs: number = WINDOW_MS,
    ): void {
      count(key, windowMs).then(
        (attempts) => done(null, attempts),
        (error: Error) => done(error),
      );
    }

    child(): FastifyRateLimitStore {
      return this;
    }
  };
}

function loginAccount({ body }: FastifyRequest): string | null {
  if (typeof body !== "object" || body === null || !("tenant" in body && "email" in body)) return null;
  const { tenant, email } = body;
  return typeof tenant === "string" && typeof email === "string"
    ? `${tenant} ${emailInLowerCase(email)}`
    : null;
}

function tokenClient({ headers, body }: FastifyRequest): string | null {
  try {
    return readCredentials(headers.authorization, body ?? {}).clientId;
  } catch {
    return null;
  }
}
