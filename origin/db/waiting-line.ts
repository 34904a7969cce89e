import { type Priority, priorities } from "./work.ts";

/** Somebody who waits for a place. */
export type Waiting = { readonly priority: Priority; readonly tenantId: string | null };

/** Who waits, and in which order they are served. */
export type WaitingLine<W extends Waiting> = {
  readonly size: () => number;
  readonly add: (waiting: W) => void;
  /** Takes out whom to serve next, of those whose tenant may have another place. */
  readonly next: (mayEnter: (waiting: W) => boolean) => W | undefined;
  /** Takes out whom to send away for somebody who would be served sooner; nobody when there is none. */
  readonly giveUpFor: (newcomer: Waiting) => W | undefined;
  /** Takes out one who does not wait any longer. */
  readonly remove: (waiting: W) => void;
};

/**
 * How many turns of other tenants go first, by how urgent a tenant's next work is. A head start rather than a
 * strict order: one tenant's flood of writes must not keep another's list waiting for as long as it lasts.
 */
const TURNS_LATER: Readonly<Record<Priority, number>> = {
  upkeep: Number.NEGATIVE_INFINITY,
  write: 0,
  read: 1,
  revalidation: 4,
  list: 8,
};

type Party<W> = {
  /** When its next turn is, in turns. */
  turn: number;
  /** By priority, the most urgent first; in the order in which they came. Arrays: docs/decisions/0027-short-lives.md. */
  readonly queues: readonly W[][];
};

/**
 * Serves tenants in turn, whatever each has waiting, and of each the most urgent first: start-time fair queueing
 * (Goyal, Vin, Cheng, 1996) in which each operation is one unit.
 */
export function fairLine<W extends Waiting>(): WaitingLine<W> {
  const parties = new Map<string | null, Party<W>>();
  let now = 0;
  let size = 0;

  function partyOf(tenantId: string | null): Party<W> {
    const known = parties.get(tenantId);
    if (known !== undefined) return known;
    const party = { turn: now, queues: priorities.map((): W[] => []) };
    parties.set(tenantId, party);
    return party;
  }

  function takeOut(waiting: W): void {
    const party = parties.get(waiting.tenantId);
    const queue = party?.queues[priorities.indexOf(waiting.priority)];
    const at = queue?.indexOf(waiting) ?? -1;
    if (party === undefined || at === -1) return;
    queue?.splice(at, 1);
    size--;
    // One that has had its turn is kept until it would be served again, else it would gain by leaving.
    if (party.turn <= now && countOf(party) === 0) parties.delete(waiting.tenantId);
  }

  function forget(): void {
    for (const [tenantId, party] of parties) {
      if (party.turn <= now && countOf(party) === 0) parties.delete(tenantId);
    }
  }

  return {
    size: () => size,
    add(waiting) {
      const party = partyOf(waiting.tenantId);
      // Having asked for nothing meanwhile is no credit.
      if (countOf(party) === 0) party.turn = Math.max(now, party.turn);
      party.queues[priorities.indexOf(waiting.priority)]?.push(waiting);
      size++;
    },
    next(mayEnter) {
      let first: W | undefined;
      let best = Number.POSITIVE_INFINITY;
      for (const party of parties.values()) {
        const candidate = firstOf(party, mayEnter);
        if (candidate === undefined) continue;
        const place = standing(party.turn, 0, candidate.priority);
        if (first !== undefined && place >= best) continue;
        first = candidate;
        best = place;
      }
      if (first === undefined) return undefined;
      const party = partyOf(first.tenantId);
      if (first.priority !== "upkeep") {
        now = Math.max(now, party.turn);
        party.turn++;
      }
      takeOut(first);
      if (size === 0 || parties.size > 2 * size + MAX_FORMER) forget();
      return first;
    },
    giveUpFor(newcomer) {
      const own = parties.get(newcomer.tenantId);
      const ahead = (own?.queues ?? [])
        .slice(0, priorities.indexOf(newcomer.priority) + 1)
        .reduce((sum, queue) => sum + queue.length, 0);
      let last: W | undefined;
      let worst = standing(Math.max(now, own?.turn ?? now), ahead, newcomer.priority);
      for (const party of parties.values()) {
        const tail = lastOf(party);
        if (tail === undefined) continue;
        const place = standing(party.turn, countOf(party) - 1, tail.priority);
        if (place <= worst) continue;
        last = tail;
        worst = place;
      }
      if (last !== undefined) takeOut(last);
      return last;
    },
    remove: takeOut,
  };
}

/** Which turn somebody has with so many of the same tenant in front. */
function standing(turn: number, inFront: number, priority: Priority): number {
  return turn + inFront + TURNS_LATER[priority];
}

/** Of tenants without anybody waiting, as many are remembered. */
const MAX_FORMER = 64;

function firstOf<W>({ queues }: Party<W>, mayEnter: (waiting: W) => boolean): W | undefined {
  for (const queue of queues) for (const waiting of queue) if (mayEnter(waiting)) return waiting;
  return undefined;
}

function lastOf<W>({ queues }: Party<W>): W | undefined {
  return queues.findLast((queue) => queue.length > 0)?.at(-1);
}

function countOf<W>({ queues }: Party<W>): number {
  return queues.reduce((sum, queue) => sum + queue.length, 0);
}
