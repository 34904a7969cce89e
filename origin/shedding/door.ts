import type { ServerResponse } from "node:http";
import { Problem } from "#shared/problems.ts";
import type { Priority } from "../db/work.ts";
import { retryAfterSeconds, type ShedReason, shed } from "./decide.ts";
import type { Pressure } from "./pressure.ts";
import { type Begin, createTurns } from "./turns.ts";

/**
 * Lets a request in until its response has closed, and has it begun at its tenant's turn.
 * @param begin called with a Problem `overloaded` when that took too long
 * @throws Problem `overloaded`, before anything has been done for it
 */
export type Door = (
  priority: Priority,
  tenantId: string | null,
  response: ServerResponse,
  begin: Begin,
) => void;

type Options = {
  readonly pressure: Pick<Pressure, "strain" | "isBusy" | "answered" | "answeredPerSecond">;
  /** Connections to the database. */
  readonly poolSize: number;
  /** Told of every request that is turned away; `turn`: it has waited for its tenant's turn for too long. */
  readonly turnedAway: (reason: ShedReason | "turn", priority: Priority) => void;
};

/** More than can hold a connection, so that it is the pool that decides which of them are served first. */
const BEGUN_PER_CONNECTION = 4;

export function createDoor({ pressure, poolSize, turnedAway }: Options): Door {
  const turns = createTurns({
    most: poolSize * BEGUN_PER_CONNECTION,
    isBusy: pressure.isBusy,
    refusal: (priority) => overloaded("turn", priority),
  });
  let total = 0;

  function overloaded(reason: ShedReason | "turn", priority: Priority): Problem {
    turnedAway(reason, priority);
    const seconds = retryAfterSeconds(total, pressure.answeredPerSecond());
    return new Problem("overloaded", {}, { "retry-after": String(seconds) });
  }

  return function enter(priority, tenantId, response, begin) {
    const reason = shed(pressure.strain(), priority, { ofTenant: turns.countOf(tenantId), total });
    if (reason !== null) throw overloaded(reason, priority);
    const queue = turns.queueOf(tenantId, priority);
    total++;
    response.once("close", () => {
      total--;
      pressure.answered();
      turns.leave(queue, begin);
    });
    turns.enter(queue, priority, begin);
  };
}
