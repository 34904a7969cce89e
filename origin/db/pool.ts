import { Problem } from "#shared/problems.ts";
import type { Breaker } from "../breaker.ts";
import type { Ending } from "../ending.ts";
import type { Admission } from "./admission.ts";
import { databaseErrorOf, isAway } from "./errors.ts";
import { type CancelByName, type Connection, cut, type Lane } from "./lane.ts";
import type { Openings } from "./openings.ts";
import { LONGEST_MS } from "./timeouts.ts";
import { currentWork, UPKEEP, upkeep } from "./work.ts";

/**
 * Connections, and who may use them. Where several operations share one, an operation may end with
 * `LostToOthers`.
 */
export type Pool = {
  readonly size: number;
  /**
   * Runs an operation on a connection. When nobody waits for it any more, it is cancelled.
   * @throws Problem `overloaded`, `unavailable`; the reason of the work's signal; `LostToOthers`; what
   *   `operation` threw
   */
  readonly use: <R>(operation: (connection: Connection) => Promise<R>) => Promise<R>;
  readonly figures: Admission["figures"];
  readonly close: (timeoutSeconds: number) => Promise<void>;
};

type Options = {
  readonly size: number;
  readonly open: () => Connection;
  readonly openings: Openings;
  readonly cancel: CancelByName;
  readonly admission: Admission;
  readonly breaker: Breaker;
};

export function createPool({ size, open, openings, cancel, admission, breaker }: Options): Pool {
  const lanes = Array.from({ length: size }, (): Lane => ({ connection: open() }));

  /** The first of those that are least in use, so that few are opened when few are needed. */
  function leastUsed(): Lane {
    let [least] = lanes;
    if (least === undefined) throw new Error("a pool has at least one connection");
    for (const lane of lanes) {
      if (lane.connection.running < least.connection.running) least = lane;
      if (least.connection.running === 0) break;
    }
    return least;
  }

  function replace(lane: Lane, connection: Connection): void {
    if (lane.connection !== connection) return;
    connection.losses++;
    lane.connection = open();
    void cut(connection, cancel);
  }

  /** Runs an operation on a connection that is to be opened for it, or for another that waits for the same. */
  function opening<R>(operation: (connection: Connection) => Promise<R>, signal: Ending) {
    return async function open(connection: Connection): Promise<R> {
      const { promise: ended, resolve: end } = Promise.withResolvers<void>();
      connection.turn ??= openings.turn(ended);
      try {
        await connection.turn;
        signal.throwIfAborted();
        // Others have found out meanwhile.
        if (breaker.state() === "open") throw new Problem("unavailable");
        const result = await operation(connection);
        connection.isOpen = true;
        return result;
      } finally {
        connection.turn = null;
        end();
      }
    };
  }

  /** Ends when nobody waits any longer, whether or not the operation has: a Postgres that is silent ends none. */
  function run<R>(operation: (connection: Connection) => Promise<R>, signal: Ending): Promise<R> {
    const lane = leastUsed();
    const { connection } = lane;
    connection.running++;
    return new Promise((resolve, reject) => {
      const abort = () => {
        replace(lane, connection);
        reject(signal.reason);
      };
      signal.addEventListener("abort", abort);
      const ended = () => {
        connection.running--;
        signal.removeEventListener("abort", abort);
      };
      // Not `finally`, which makes three promises more.
      breaker
        .execute(() => onConnection(connection, connection.isOpen ? operation : opening(operation, signal)))
        .then(
          (result) => {
            ended();
            resolve(result);
          },
          (error) => {
            ended();
            reject(error);
          },
        );
    });
  }

  async function use<R>(operation: (connection: Connection) => Promise<R>): Promise<R> {
    const work = currentWork();
    if (work === UPKEEP) return upkeep(LONGEST_MS, () => use(operation));
    const { signal } = work;
    signal.throwIfAborted();
    breaker.check();
    const wait = admission.enter(work);
    if (wait !== null) await wait;
    const since = performance.now();
    try {
      signal.throwIfAborted();
      return await run(operation, signal);
    } finally {
      admission.leave(work, performance.now() - since);
    }
  }

  return {
    size,
    figures: admission.figures,
    use,
    async close(timeoutSeconds) {
      await Promise.all(lanes.map(({ connection }) => connection.client.end({ timeout: timeoutSeconds })));
    },
  };
}

/** The connection was lost together with another operation on it: this says nothing more of the database. */
export class LostToOthers extends Error {
  readonly lost: unknown;

  constructor(lost: unknown) {
    super("the connection was lost together with another operation");
    this.lost = lost;
  }
}

/** Postgres has neither answered nor taken a cancel: whatever the driver makes of the cut, that is an outage. */
class Silence extends Error {
  readonly code = "ETIMEDOUT";

  constructor(cause: unknown) {
    super("Postgres says nothing", { cause });
  }
}

async function onConnection<R>(
  connection: Connection,
  operation: (connection: Connection) => Promise<R>,
): Promise<R> {
  const { losses } = connection;
  try {
    return await operation(connection);
  } catch (error) {
    if (databaseErrorOf(error) === null) throw error;
    if (connection.isSilent) throw new Silence(error);
    if (connection.losses !== losses) throw new LostToOthers(error);
    if (isAway(error)) connection.losses++;
    throw error;
  }
}
