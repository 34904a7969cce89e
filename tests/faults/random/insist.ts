import { setTimeout as delay } from "node:timers/promises";
import { type Asked, ask, type Exchange, faultsOf } from "../matrix/exchange.ts";

/** What came of a request that was repeated until it was answered. */
export type Insisted = {
  readonly answer: ReturnType<typeof JSON.parse>;
  /** The answer is that of an earlier try, which nobody had heard of. */
  readonly isReplay: boolean;
  readonly tries: number;
  /** Of each try. */
  readonly faults: readonly string[];
};

/** Every fault ends within seconds: what is not answered by then is lost. */
const PATIENCE_MS = 90_000;
const PAUSE_MS = 300;

/**
 * Sends a write with the same key until it is acknowledged.
 * @throws Error when it is refused for good, or not answered in time
 */
export async function insist(asked: Asked, random: () => number): Promise<Insisted> {
  const startedAt = performance.now();
  const faults: string[] = [];
  for (let tries = 1; ; tries++) {
    const exchange = await ask(asked);
    const { status, text, json, headers } = exchange;
    // A connection that breaks off is what an edge under fire may do to a client.
    if (status !== null && text !== null) faults.push(...faultsOf(exchange));
    if (status !== null && status < 300 && json !== null) {
      return {
        answer: json,
        isReplay: headers.get("idempotency-replayed") === "true",
        ...{ tries, faults },
      };
    }
    if (!isPassing(exchange)) throw new Error(`${asked.url} was refused for good: ${status} ${text}`);
    if (performance.now() - startedAt > PATIENCE_MS) throw new Error(`${asked.url} is not answered`);
    await delay(random() * PAUSE_MS);
  }
}

/** Whether the same request may be answered otherwise in a moment. */
function isPassing({ status, json }: Exchange): boolean {
  if (status === null || json === null || status >= 500 || status === 429) return true;
  return status === 409 && json.code === "idempotency-in-progress";
}
