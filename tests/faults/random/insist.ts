import { setTimeout as delay } from "node:timers/promises";
import { type Asked, ask, type Exchange, faultsOf } from "../matrix/exchange.ts";

/** A write that is repeated until it is acknowledged. */
export type Waiting = {
  readonly path: string;
  readonly sinceMs: number;
  tries: number;
  /** What the last try was answered. */
  last: string;
};

/** What came of a request that was repeated until it was answered. */
export type Insisted = {
  readonly answer: ReturnType<typeof JSON.parse>;
  /** The answer is that of an earlier try, which nobody had heard of. */
  readonly isReplay: boolean;
};

type Options = {
  readonly asked: Asked;
  /** Between tries. */
  readonly random: () => number;
  readonly waiting: Waiting;
  /** What a 5xx lacked. */
  readonly fault: (text: string) => void;
  /** Whether to give up. */
  readonly isTooLate: () => boolean;
};

const PAUSE_MS = 300;

/**
 * Sends a write with the same key until it is acknowledged.
 * @throws Error when it is refused for good, or when it is too late
 */
export async function insist({ asked, random, waiting, fault, isTooLate }: Options): Promise<Insisted> {
  for (;;) {
    waiting.tries++;
    const exchange = await ask(asked);
    const { status, text, json, headers, tookMs } = exchange;
    // A connection that breaks off is what an edge under fire may do to a client.
    if (status !== null && text !== null) for (const lack of faultsOf(exchange)) fault(lack);
    if (status !== null && status < 300 && json !== null) {
      return { answer: json, isReplay: headers.get("idempotency-replayed") === "true" };
    }
    waiting.last = `${status ?? "no answer"} ${json?.code ?? ""} after ${Math.round(tookMs)} ms`;
    if (!isPassing(exchange)) throw new Error(`${asked.url} was refused for good: ${status} ${text}`);
    if (isTooLate()) throw new Error(`${asked.url} is not answered: ${waiting.last}`);
    await delay(random() * PAUSE_MS);
  }
}

/** Whether the same request may be answered otherwise in a moment. */
function isPassing({ status, json }: Exchange): boolean {
  if (status === null || json === null || status >= 500 || status === 429) return true;
  return status === 409 && json.code === "idempotency-in-progress";
}
