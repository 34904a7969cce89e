import type { Exchange } from "../exchange.ts";
import type { Log } from "../observe.ts";

/** An alarm that is not over is repeated this often by each isolate. */
const REPEAT_MS = 60_000;

export type RevocationAlarm = (exchange: Exchange) => void;

/**
 * Says that tokens are accepted although they may have been revoked: Redis is away or has lost data,
 * or no relay is at work. The line of the request says so too.
 */
export function revocationAlarm(log: Log, now: () => number): RevocationAlarm {
  let raisedAt = Number.NEGATIVE_INFINITY;
  let accepted = 0;
  return function alarm(exchange) {
    exchange.unchecked = true;
    accepted++;
    if (now() - raisedAt < REPEAT_MS) return;
    raisedAt = now();
    log("error", {
      stage: "edge",
      request_id: exchange.requestId,
      outcome: "revocations-unknown",
      accepted,
    });
    accepted = 0;
  };
}
