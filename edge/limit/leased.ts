import { RecentMap } from "../recent-map.ts";
import { SingleFlight } from "../single-flight.ts";
import type { Availability } from "./availability.ts";
import type { Decision, Limiter } from "./decision.ts";
import {
  canSpend,
  isLow,
  isSpentUp,
  type Lease,
  MARGIN_MS,
  nextBatch,
  resetSeconds,
  withGrant,
} from "./lease.ts";
import type { Quota } from "./plans.ts";
import type { Take } from "./take.ts";

type WaitUntil = (work: Promise<unknown>) => void;

/** What this isolate knows of one client. */
type Account = {
  lease: Lease | null;
  spent: number;
  since: number;
  batch: number;
  /** Units that requests are waiting for. */
  waiting: number;
  asking: boolean;
};

export type LeaseDependencies = {
  readonly take: Take;
  readonly availability: Availability;
  readonly now: () => number;
  readonly pause: (ms: number) => Promise<void>;
  /**
   * How long a request waits for an answer that another one asked for. Longer than Redis is ever waited
   * for: else all who wait would ask too, just when Redis is slow.
   */
  readonly patienceMs: number;
};

const MAX_CLIENTS = 10_000;
/** A window that ends meanwhile and units that others took cost a question each. */
const MAX_QUESTIONS = 5;

/**
 * A quota in fixed windows that is global in Redis and spent here from leases, so that a warm
 * request needs no network. Never admits more than the quota: what Redis granted is all there is.
 */
export function leasedLimiter(
  quota: Quota,
  { take, availability, now, pause, patienceMs }: LeaseDependencies,
): Limiter {
  const accounts = new RecentMap<string, Account>(MAX_CLIENTS);
  const flight = new SingleFlight<null>(patienceMs);

  /** Asks Redis for a batch; at least for `cost` units, or for none that anybody waits for (null). */
  async function ask(
    key: string,
    account: Account,
    cost: number | null,
    waitUntil: WaitUntil,
  ): Promise<null> {
    const askedAt = now();
    const { lease } = account;
    const held = lease !== null && canSpend(lease, 1, askedAt) ? lease.units : 0;
    const need = cost === null ? 0 : Math.max(cost, account.waiting - held);
    const batch = nextBatch(account, cost ?? 1, askedAt);
    account.asking = true;
    Object.assign(account, { spent: 0, since: askedAt, batch });
    try {
      const wanted = { cost: cost ?? 1, need, want: Math.max(need, batch - held), held };
      const question = { limit: quota.limit, windowMs: quota.windowSeconds * 1000, ...wanted };
      const grant = await availability.ask(() => take(quotaKey(quota, key), question), waitUntil);
      account.lease = withGrant(account.lease, grant, askedAt);
      return null;
    } finally {
      account.asking = false;
    }
  }

  async function wait(key: string, account: Account, cost: number, waitUntil: WaitUntil): Promise<Decision> {
    account.waiting += cost;
    try {
      for (let asked = 0; asked < MAX_QUESTIONS; asked++) {
        await flight.run(key, () => ask(key, account, cost, waitUntil), waitUntil);
        const decided = decide(account, cost);
        if (decided !== null) return decided;
        await untilWindowEnds(account.lease);
      }
    } finally {
      account.waiting -= cost;
    }
    return refusal(account.lease, now());
  }

  async function untilWindowEnds(lease: Lease | null): Promise<void> {
    const leftMs = lease === null ? 0 : lease.voidAt + MARGIN_MS - now();
    // More is left when units were to be had, but others were quicker.
    if (leftMs > 0 && leftMs <= MARGIN_MS) await pause(leftMs);
  }

  /** What can be said without asking Redis, if anything. */
  function decide(account: Account, cost: number): Decision | null {
    const { lease } = account;
    const at = now();
    if (lease === null) return null;
    if (canSpend(lease, cost, at)) {
      lease.units -= cost;
      lease.seenAt = at;
      account.spent += cost;
      return decision(true, lease, cost, at);
    }
    return isSpentUp(lease, cost, at) ? decision(false, lease, cost, at) : null;
  }

  return function spend(key, cost, waitUntil) {
    let account = accounts.get(key);
    if (account === undefined) {
      account = { lease: null, spent: 0, since: now(), batch: 0, waiting: 0, asking: false };
      accounts.set(key, account);
    }
    const decided = decide(account, cost);
    if (decided === null) return wait(key, account, cost, waitUntil);
    const { lease } = account;
    if (lease !== null && !account.asking && isLow(lease, account, cost)) {
      const known = account;
      waitUntil(flight.run(key, () => ask(key, known, null, waitUntil), waitUntil).catch(() => undefined));
    }
    return decided;
  };
}

function decision(admitted: boolean, lease: Lease, cost: number, now: number): Decision {
  const seconds = resetSeconds(lease, now);
  return {
    admitted,
    standing: { remaining: lease.units + lease.remaining, resetSeconds: seconds },
    retryAfterSeconds: seconds,
    refund: () => {
      // To the lease that was charged: when its window is over, the units are as void as the rest.
      lease.units += cost;
    },
  };
}

/** Units were to be had each time, but other requests were quicker. */
function refusal(lease: Lease | null, now: number): Decision {
  if (lease !== null) return decision(false, lease, 0, now);
  return { admitted: false, standing: null, retryAfterSeconds: 1, refund: () => undefined };
}

/** All plans of a quota draw on one count, so that a client does not gain by holding two tokens. */
export function quotaKey({ name, windowSeconds }: Quota, key: string): string {
  return `gatehouse:quota:${name}:${windowSeconds}:${key}`;
}
