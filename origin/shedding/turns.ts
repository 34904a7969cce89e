import { AsyncResource } from "node:async_hooks";
import type { Problem } from "#shared/problems.ts";
import type { Priority } from "../db/work.ts";

/** Begins a request, or refuses it. */
export type Begin = (refusal?: Problem) => void;

/** What a tenant has of one kind: requests that are worked on, and those that wait for their turn. */
export type Queue = {
  readonly tenantId: string | null;
  readonly isOfReads: boolean;
  begun: number;
  readonly waiting: Map<Begin, Waiting>;
};

/** What begins a request in its own context, whoever's end makes room for it; and what ends its wait. */
type Waiting = { readonly begin: Begin; readonly timer: NodeJS.Timeout };

/** Who may begin: a request costs the event loop's time, of which there is one for all tenants. */
export type Turns = {
  /** How many requests of a tenant are here. */
  readonly countOf: (tenantId: string | null) => number;
  readonly queueOf: (tenantId: string | null, priority: Priority) => Queue;
  /** Calls `begin`, now or later. */
  readonly enter: (queue: Queue, priority: Priority, begin: Begin) => void;
  /** To be called once for each that has entered. */
  readonly leave: (queue: Queue, begin: Begin) => void;
};

type Options = {
  /** How many requests of one tenant are worked on at a time, of each kind, while there are other tenants. */
  readonly most: number;
  /** Whether the event loop is what is scarce. */
  readonly isBusy: () => boolean;
  /** Why a request is refused that has waited for too long. */
  readonly refusal: (priority: Priority) => Problem;
  /** Milliseconds since any moment. */
  readonly now?: () => number;
};

/** Reads are little but computing: while the event loop is busy, more at a time would not be answered sooner. */
export const MOST_READS_WHEN_BUSY = 4;
const MAX_WAIT_MS = 2_000;
/** Of one tenant and kind: each holds some ten kilobytes. */
export const MOST_WAITING = 1_000;
/** For so long after somebody else has come, nobody has the house to itself. */
const LATELY_MS = 1_000;

/**
 * Each tenant's requests begin in their order, and only so many at a time. So whoever asks for little finds no more
 * than that of another tenant in front, however many that one sends. Those beyond it wait: to refuse one costs half
 * of what answering does, and its sender comes again at once. A tenant that has the house to itself does not wait.
 */
export function createTurns({ most, isBusy, refusal, now = () => performance.now() }: Options): Turns {
  const reads = new Map<string | null, Queue>();
  const others = new Map<string | null, Queue>();
  let latest: string | null = null;
  let sharedUntil = Number.NEGATIVE_INFINITY;

  function isAlone(tenantId: string | null): boolean {
    if (tenantId === latest) return now() >= sharedUntil;
    latest = tenantId;
    sharedUntil = now() + LATELY_MS;
    return false;
  }

  const hasRoom = ({ isOfReads, begun }: Queue) =>
    begun < (isOfReads && begun >= MOST_READS_WHEN_BUSY && isBusy() ? MOST_READS_WHEN_BUSY : most);

  function beginNext(queue: Queue): void {
    const next = queue.waiting.entries().next().value;
    if (next === undefined) return;
    const [key, { begin, timer }] = next;
    clearTimeout(timer);
    queue.waiting.delete(key);
    queue.begun++;
    begin();
  }

  function refuse(queue: Queue, priority: Priority, begin: Begin): void {
    // Its refusal has to be written: that is work too, until it leaves.
    queue.begun++;
    begin(refusal(priority));
  }

  function wait(queue: Queue, priority: Priority, begin: Begin): void {
    if (queue.waiting.size >= MOST_WAITING) return refuse(queue, priority, begin);
    const timer = setTimeout(() => {
      queue.waiting.delete(begin);
      refuse(queue, priority, begin);
    }, MAX_WAIT_MS);
    queue.waiting.set(begin, { begin: AsyncResource.bind(begin), timer });
  }

  return {
    countOf: (tenantId) => countIn(reads.get(tenantId)) + countIn(others.get(tenantId)),
    queueOf(tenantId, priority) {
      const isOfReads = priority === "read" || priority === "revalidation";
      const queues = isOfReads ? reads : others;
      const known = queues.get(tenantId);
      if (known !== undefined) return known;
      const queue = { tenantId, isOfReads, begun: 0, waiting: new Map<Begin, Waiting>() };
      queues.set(tenantId, queue);
      return queue;
    },
    enter(queue, priority, begin) {
      const mayAll = isAlone(queue.tenantId);
      while (queue.waiting.size > 0 && (mayAll || hasRoom(queue))) beginNext(queue);
      if (!mayAll && !hasRoom(queue)) return wait(queue, priority, begin);
      queue.begun++;
      begin();
    },
    leave(queue, begin) {
      const waiting = queue.waiting.get(begin);
      if (waiting === undefined) queue.begun--;
      clearTimeout(waiting?.timer);
      queue.waiting.delete(begin);
      while (queue.waiting.size > 0 && hasRoom(queue)) beginNext(queue);
      if (countIn(queue) === 0) (queue.isOfReads ? reads : others).delete(queue.tenantId);
    },
  };
}

function countIn(queue: Queue | undefined): number {
  return queue === undefined ? 0 : queue.begun + queue.waiting.size;
}
