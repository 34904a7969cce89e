import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { Problem } from "#shared/problems.ts";
import type { Priority } from "../db/work.ts";
import { retryAfterSeconds, type ShedReason, shed } from "./decide.ts";
import type { Pressure } from "./pressure.ts";
import { type Begin, createTurns } from "./turns.ts";

export type Door = {
  /** Turns a request away whose body is still to come. @throws Problem `overloaded` */
  readonly look: (priority: Priority, tenantId: string | null) => void;
  /**
   * Lets a request in until its response has closed, and has it begun at its tenant's turn. To be called once
   * its body is there: a client that sends slowly would take the turns of others.
   * @param begin called with a Problem `overloaded` when that took too long
   * @throws Problem `overloaded`, before anything has been done for it
   */
  readonly enter: (
    priority: Priority,
    tenantId: string | null,
    response: ServerResponse,
    begin: Begin,
  ) => void;
};

type Options = {
  readonly pressure: Pick<Pressure, "strain" | "isBusy" | "answered" | "answeredPerSecond">;
  /** Connections to the database. */
  readonly poolSize: number;
  /** Told of every request that is turned away. */
  readonly turnedAway: (reason: Reason, priority: Priority) => void;
};

/** `turn`: its tenant's requests waited for too long, or too many do; `connection`: its connection has too many. */
export type Reason = ShedReason | "turn" | "connection";

/** More than can hold a connection, so that it is the pool that decides which of them are served first. */
const BEGUN_PER_CONNECTION = 4;
/**
 * On one connection of a client, which is told of the answers in the order of its requests (RFC 9112 §9.3.2): all
 * but the first are kept until it has read those before.
 */
const MOST_PIPELINED = 32;

export function createDoor({ pressure, poolSize, turnedAway }: Options): Door {
  const turns = createTurns({
    most: poolSize * BEGUN_PER_CONNECTION,
    isBusy: pressure.isBusy,
    refusal: (priority) => overloaded("turn", priority),
  });
  const pipelined = new WeakMap<Socket, number>();
  let total = 0;

  function overloaded(reason: Reason, priority: Priority): Problem {
    turnedAway(reason, priority);
    const seconds = retryAfterSeconds(total, pressure.answeredPerSecond());
    return new Problem("overloaded", {}, { "retry-after": String(seconds) });
  }

  function look(priority: Priority, tenantId: string | null): void {
    const reason = shed(pressure.strain(), priority, { ofTenant: turns.countOf(tenantId), total });
    if (reason !== null) throw overloaded(reason, priority);
  }

  return {
    look,
    enter(priority, tenantId, response, begin) {
      look(priority, tenantId);
      const { socket } = response.req;
      const before = pipelined.get(socket) ?? 0;
      if (before >= MOST_PIPELINED) throw overloaded("connection", priority);
      pipelined.set(socket, before + 1);
      const queue = turns.queueOf(tenantId, priority);
      total++;
      response.once("close", () => {
        total--;
        pipelined.set(socket, (pipelined.get(socket) ?? 1) - 1);
        pressure.answered();
        turns.leave(queue, begin);
      });
      turns.enter(queue, priority, begin);
    },
  };
}
