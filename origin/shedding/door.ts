import type { ServerResponse } from "node:http";
import { Problem } from "#shared/problems.ts";
import type { Priority } from "../db/work.ts";
import { retryAfterSeconds, type ShedReason, shed } from "./decide.ts";
import type { Pressure } from "./pressure.ts";

/**
 * Lets a request in until its response has closed.
 * @throws Problem `overloaded`, before anything has been done for it
 */
export type Door = (priority: Priority, tenantId: string | null, response: ServerResponse) => void;

type Options = {
  readonly pressure: Pick<Pressure, "strain" | "answered" | "answeredPerSecond">;
  /** Told of every request that is turned away. */
  readonly turnedAway: (reason: ShedReason, priority: Priority) => void;
};

export function createDoor({ pressure, turnedAway }: Options): Door {
  const inside = new Map<string | null, number>();
  let total = 0;

  function leave(tenantId: string | null): void {
    total--;
    pressure.answered();
    const left = (inside.get(tenantId) ?? 1) - 1;
    if (left === 0) inside.delete(tenantId);
    else inside.set(tenantId, left);
  }

  return function enter(priority, tenantId, response) {
    const ofTenant = inside.get(tenantId) ?? 0;
    const reason = shed(pressure.strain(), priority, { ofTenant, total });
    if (reason !== null) {
      turnedAway(reason, priority);
      const seconds = retryAfterSeconds(total, pressure.answeredPerSecond());
      throw new Problem("overloaded", {}, { "retry-after": String(seconds) });
    }
    inside.set(tenantId, ofTenant + 1);
    total++;
    response.once("close", () => leave(tenantId));
  };
}
