import { type Priority, priorities } from "./work.ts";

/** Somebody who waits for a connection. */
export type Waiting = { readonly priority: Priority; readonly tenantId: string | null };

/** Who waits, and in which order they are served. */
export type WaitingLine<W extends Waiting> = {
  readonly size: () => number;
  readonly add: (waiting: W) => void;
  /** Takes out whom to serve next. */
  readonly next: () => W | undefined;
  /** Takes out whom to send away for somebody of this priority: one who is less urgent, or nobody. */
  readonly giveUpFor: (priority: Priority) => W | undefined;
  /** Takes out one who does not wait any longer. */
  readonly remove: (waiting: W) => void;
};

/** Serves the most urgent first, and those who are as urgent in the order in which they came. */
export function priorityLine<W extends Waiting>(): WaitingLine<W> {
  const queues = priorities.map((priority) => ({ priority, queue: new Set<W>() }));
  const queueOf = (priority: Priority) => queues[priorities.indexOf(priority)]?.queue;

  function takeFirst(queue: Set<W> | undefined): W | undefined {
    const [first] = queue ?? [];
    if (first !== undefined) queue?.delete(first);
    return first;
  }

  return {
    size: () => queues.reduce((size, { queue }) => size + queue.size, 0),
    add: (waiting) => queueOf(waiting.priority)?.add(waiting),
    next: () => takeFirst(queues.find(({ queue }) => queue.size > 0)?.queue),
    giveUpFor(priority) {
      const least = queues.findLast(({ queue }) => queue.size > 0);
      if (least === undefined || priorities.indexOf(least.priority) <= priorities.indexOf(priority))
        return undefined;
      const last = [...least.queue].at(-1);
      if (last !== undefined) least.queue.delete(last);
      return last;
    },
    remove: (waiting) => queueOf(waiting.priority)?.delete(waiting),
  };
}
