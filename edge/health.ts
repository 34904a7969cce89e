import type { Static } from "typebox";
import { Problem } from "#shared/problems.ts";
import type { Health, HealthChecks } from "#shared/resources/service.ts";
import { type Answerer, respond } from "./exchange.ts";
import type { OriginReport } from "./upstream/pool.ts";
import { within } from "./within.ts";

type WaitUntil = (work: Promise<unknown>) => void;

/** Resolves when the dependency answered, rejects when it did not. */
export type Check = (waitUntil: WaitUntil) => Promise<unknown>;

/** What the edge knows of what it relies on, without asking. */
export type Vitals = {
  readonly origins: () => readonly OriginReport[];
  /** Whether tokens can be checked. */
  readonly hasKeys: () => boolean;
  readonly areQuotasAway: () => boolean;
  /** Null: not known. */
  readonly isSighted: () => boolean | null;
};

export type HealthDependencies = {
  readonly vitals: Vitals;
  readonly now: () => number;
  /** What fills the gaps: made once every five seconds at the most, or every second while not all is well. */
  readonly checks: { readonly origin: Check; readonly redis: Check; readonly keys: Check };
};

const CHECK_TIMEOUT_MS = 1_000;
const CHECK_EVERY_MS = 5_000;
const CHECK_EVERY_WHEN_DEGRADED_MS = 1_000;

/**
 * `getHealth`: whether the edge could serve. 200 as long as it can check tokens, for then it answers at
 * least what is cached; `degraded` when anything else is missing. 503 when it cannot.
 */
export function health({ vitals, now, checks }: HealthDependencies): Answerer {
  let checkedAt = 0;
  let nextCheckAt = 0;
  let hasRedis = false;

  async function check(waitUntil: WaitUntil): Promise<void> {
    checkedAt = now();
    nextCheckAt = checkedAt + CHECK_EVERY_WHEN_DEGRADED_MS;
    // The keys after the origin: of two requests at once, only one may try whether an origin is back.
    const originAndKeys = () => checks.origin(waitUntil).finally(() => checks.keys(waitUntil));
    const [redis] = await Promise.all([checks.redis, originAndKeys].map((one) => succeeds(one, waitUntil)));
    hasRedis = redis === true;
  }

  function found(): Static<typeof HealthChecks> {
    return {
      origin: vitals.origins().some(isAnswering),
      redis: hasRedis,
      keys: vitals.hasKeys(),
      quotas: hasRedis && !vitals.areQuotasAway(),
      versions: vitals.isSighted() ?? hasRedis,
    };
  }

  return async function health(exchange) {
    if (now() >= nextCheckAt) await check(exchange.waitUntil);
    const known = found();
    const origins = vitals.origins().map(({ state }) => ({ breaker: state }));
    if (!known.keys) {
      throw new Problem("unavailable", { detail: "no token can be checked", checks: known, origins });
    }
    const status = Object.values(known).every(Boolean) ? "ok" : "degraded";
    if (status === "ok") nextCheckAt = Math.max(nextCheckAt, checkedAt + CHECK_EVERY_MS);
    const body: Static<typeof Health> = { status, checks: known, origins };
    const headers = { "content-type": "application/json", "cache-control": "no-store" };
    return respond(exchange, 200, headers, JSON.stringify(body));
  };
}

function isAnswering({ state, answeredAt, failedAt }: OriginReport): boolean {
  return state === "closed" && answeredAt !== null && answeredAt >= (failedAt ?? 0);
}

/** What is not there in time goes on: it may be what finds an origin back. */
async function succeeds(check: Check, waitUntil: WaitUntil): Promise<boolean> {
  const answered = check(waitUntil).then(
    () => true,
    () => false,
  );
  waitUntil(answered);
  return within(answered, CHECK_TIMEOUT_MS).catch(() => false);
}
