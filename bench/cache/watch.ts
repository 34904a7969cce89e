import { get } from "../contestant.ts";
import { productId } from "../contestants/product.ts";
import { Connection, headerIn } from "../load/connection.ts";
import type { BenchStack } from "./part.ts";
import type { Seen } from "./staleness.ts";

const INTERVAL_MS = 40;
const ETAG = /^"(\d+)"$/;

export type Watch = {
  readonly answers: Seen[];
  /** Answers other than 200. */
  readonly failures: () => number;
  readonly stop: () => void;
};

/**
 * Reads each of the products at each edge every 40 ms, without a consistency token, as somebody does who
 * knows of no write. One answer at a time for each: the next is asked for when it is there.
 */
export function watch({ edges, token }: BenchStack, keys: readonly number[]): Watch {
  const answers: Seen[] = [];
  const timers = new Set<NodeJS.Timeout>();
  let failures = 0;
  let stopped = false;

  function poll(port: number, key: number): void {
    const request = Buffer.from(get(`/v1/products/${productId(key)}`, { authorization: `Bearer ${token}` }));
    let connection = new Connection(port);
    function ask(): void {
      const sentAt = performance.now();
      connection.send(request, (status, head) => {
        const receivedAt = performance.now();
        if (stopped) return connection.close();
        const version = ETAG.exec(headerIn(head, "etag") ?? "")?.[1];
        if (status === 200 && version !== undefined) {
          answers.push({ key, version: Number(version), sentAt, receivedAt });
        } else failures++;
        if (connection.lost) connection = new Connection(port);
        const timer = setTimeout(
          () => {
            timers.delete(timer);
            ask();
          },
          Math.max(0, sentAt + INTERVAL_MS - receivedAt),
        );
        timers.add(timer);
      });
    }
    ask();
  }

  for (const { port } of edges) for (const key of keys) poll(port, key);
  return {
    answers,
    failures: () => failures,
    stop() {
      stopped = true;
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
