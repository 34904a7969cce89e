import { type Answerer, respond } from "./exchange.ts";

/** Resolves when the dependency answered, rejects when it did not. */
export type Check = () => Promise<unknown>;

const CHECK_TIMEOUT_MS = 1_000;

/** `getHealth`: asks each dependency just now. Degraded is still 200: what is cached is served. */
export function health(checks: { readonly origin: Check; readonly redis: Check }): Answerer {
  return async function health(exchange) {
    const [origin, redis] = await Promise.all([succeeds(checks.origin), succeeds(checks.redis)]);
    const body = { status: origin && redis ? "ok" : "degraded", checks: { origin, redis } };
    const headers = { "content-type": "application/json", "cache-control": "no-store" };
    return respond(exchange, 200, headers, JSON.stringify(body));
  };
}

async function succeeds(check: Check): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | null = null;
  const timeout = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), CHECK_TIMEOUT_MS);
  });
  const answered = check().then(
    () => true,
    () => false,
  );
  return Promise.race([answered, timeout]).finally(() => clearTimeout(timer));
}
