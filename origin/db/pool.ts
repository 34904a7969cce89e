import type { Admission } from "./admission.ts";
import type { Breaker } from "./breaker.ts";
import { databaseErrorOf } from "./errors.ts";
import { type CancelByName, type Connection, cut, type Lane } from "./lane.ts";
import { currentWork } from "./work.ts";

/** Connections, and who may use them. */
export type Pool = {
  readonly size: number;
  /**
   * Runs an operation on a connection. When nobody waits for it any more, it is cancelled.
   * @throws Problem `overloaded`, `unavailable`; the reason of the work's signal; what `operation` threw
   */
  readonly use: <R>(operation: (connection: Connection) => Promise<R>) => Promise<R>;
  readonly figures: Admission["figures"];
  readonly close: (timeoutSeconds: number) => Promise<void>;
};

type Options = {
  readonly size: number;
  /**
   * How many operations share a connection at a time. More than one: only of what can be run again, for
   * when one of them is cancelled, so are the others, which are then run again.
   */
  readonly sharedBy: number;
  readonly open: () => Connection;
  readonly cancel: CancelByName;
  readonly admission: Admission;
  readonly breaker: Breaker;
};

/** How often an operation is begun that loses its connection to the cancelling of others. */
const ATTEMPTS = 5;

export function createPool({ size, sharedBy, open, cancel, admission, breaker }: Options): Pool {
  const lanes = Array.from({ length: size }, (): Lane => ({ running: 0, connection: open() }));

  /** The first of those that are least in use, so that few are opened when few are needed. */
  function leastUsed(): Lane {
    let [least] = lanes;
    if (least === undefined) throw new Error("a pool has at least one connection");
    for (const lane of lanes) {
      if (lane.running < least.running) least = lane;
      if (least.running === 0) break;
    }
    return least;
  }

  /** @returns to be called when the operation has ended */
  function cutOnAbort(lane: Lane, connection: Connection, signal: AbortSignal): () => void {
    const abort = () => {
      if (lane.connection !== connection) return;
      lane.connection = open();
      void cut(connection, cancel);
    };
    signal.addEventListener("abort", abort);
    return () => signal.removeEventListener("abort", abort);
  }

  async function attempt<R>(operation: (connection: Connection) => Promise<R>, signal: AbortSignal) {
    const lane = leastUsed();
    const { connection } = lane;
    const ended = cutOnAbort(lane, connection, signal);
    lane.running++;
    try {
      const end = await breaker.execute(async (): Promise<{ result: R } | { cutOff: unknown }> => {
        try {
          return { result: await operation(connection) };
        } catch (error) {
          if (lane.connection === connection) throw error;
          // That we have cut the connection ourselves says nothing of the database: clients that leave would
          // else open the circuit for all.
          return { cutOff: error };
        }
      });
      if ("result" in end) return end;
      if (databaseErrorOf(end.cutOff) === null) throw end.cutOff;
      if (signal.aborted) throw signal.reason;
      if (sharedBy === 1) throw end.cutOff;
      return { lostToOthers: end.cutOff };
    } finally {
      lane.running--;
      ended();
    }
  }

  return {
    size,
    figures: admission.figures,
    async use<R>(operation: (connection: Connection) => Promise<R>): Promise<R> {
      const work = currentWork();
      const { signal } = work;
      signal.throwIfAborted();
      breaker.check();
      const wait = admission.enter(work);
      if (wait !== null) await wait;
      const since = performance.now();
      try {
        for (let begun = 1; ; begun++) {
          signal.throwIfAborted();
          const ended = await attempt(operation, signal);
          if ("result" in ended) return ended.result as R;
          if (begun === ATTEMPTS) throw ended.lostToOthers;
        }
      } finally {
        admission.leave(work, performance.now() - since);
      }
    },
    async close(timeoutSeconds) {
      await Promise.all(lanes.map(({ connection }) => connection.client.end({ timeout: timeoutSeconds })));
    },
  };
}
