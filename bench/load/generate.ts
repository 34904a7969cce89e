import { setTimeout as pause } from "node:timers/promises";
import { quantile } from "../report/statistics.ts";
import { Connection, headerIn } from "./connection.ts";
import type { FromGenerator, Job, Result } from "./job.ts";
import { Pool } from "./pool.ts";
import { requestsOf } from "./requests.ts";

/** The load generator, a process of its own: takes a job by message, and answers with what it saw. */

const LOST_RETRY_MS = 10;
const LONGEST_SLEEP_MS = 0.1;
const NEVER = new Int32Array(new SharedArrayBuffer(4));

class Tally {
  readonly #countBy: string | undefined;
  readonly #counts: Record<string, number> = {};
  readonly latencies: number[] = [];
  failures = 0;
  /** When what is measured began; infinite while warming up. */
  from = Number.POSITIVE_INFINITY;

  constructor(countBy: string | undefined) {
    this.#countBy = countBy;
  }

  record(status: number, head: string, since: number): void {
    if (since < this.from) return;
    if (status < 200 || status > 299) {
      this.failures++;
      return;
    }
    this.latencies.push(performance.now() - since);
    if (this.#countBy === undefined) return;
    const value = headerIn(head, this.#countBy) ?? "";
    this.#counts[value] = (this.#counts[value] ?? 0) + 1;
  }

  result(seconds: number): Result {
    const sorted = Float64Array.from(this.latencies).sort();
    return {
      requests: sorted.length,
      failures: this.failures,
      requestsPerSecond: sorted.length / seconds,
      p50: quantile(sorted, 0.5),
      p99: quantile(sorted, 0.99),
      counts: this.#counts,
    };
  }
}

async function run(job: Job): Promise<void> {
  const tally = new Tally(job.countBy);
  const next = requestsOf(job);
  const load = job.rate === null ? saturate(job, tally, next) : keepRate(job, job.rate, tally, next);

  await pause(job.warmUp * 1000);
  tell({ kind: "measuring" });
  tally.from = performance.now();
  await pause(job.seconds * 1000);
  const result = tally.result((performance.now() - tally.from) / 1000);
  tell({ kind: "measured", result });
  load.stop();
}

/** Closed loop: every connection sends its next request as soon as it has its answer. */
function saturate({ port, connections }: Job, tally: Tally, next: () => Buffer): { stop: () => void } {
  let stopped = false;
  const open = new Set<Connection>();
  function drive(connection: Connection): void {
    const since = performance.now();
    connection.send(next(), (status, head) => {
      if (stopped) return;
      tally.record(status, head, since);
      if (!connection.lost) return drive(connection);
      open.delete(connection);
      setTimeout(begin, LOST_RETRY_MS);
    });
  }
  function begin(): void {
    const connection = new Connection(port);
    open.add(connection);
    drive(connection);
  }
  for (let i = 0; i < connections; i++) begin();
  return {
    stop() {
      stopped = true;
      for (const connection of open) connection.close();
    },
  };
}

/**
 * Open loop: requests fall due at a constant rate. One that finds no free connection waits, and its
 * waiting counts as latency (no coordinated omission). Between two it sleeps for a moment by a futex,
 * since a timer's millisecond would be most of what is measured, and spinning would take the core
 * from what is measured.
 */
function keepRate(
  { port, connections }: Job,
  rate: number,
  tally: Tally,
  next: () => Buffer,
): { stop: () => void } {
  const pool = new Pool(port, connections);
  const begun = performance.now();
  let sent = 0;
  let stopped = false;
  const dueAt = (index: number) => begun + (index * 1000) / rate;

  function dispatch(): void {
    if (stopped) return;
    while (dueAt(sent) <= performance.now()) {
      const connection = pool.borrow();
      if (connection === null) break;
      const since = dueAt(sent++);
      connection.send(next(), (status, head) => {
        tally.record(status, head, since);
        pool.giveBack(connection);
      });
    }
    Atomics.wait(NEVER, 0, 0, Math.min(LONGEST_SLEEP_MS, dueAt(sent) - performance.now()));
    setImmediate(dispatch);
  }
  dispatch();
  return {
    stop() {
      stopped = true;
      pool.close();
    },
  };
}

function tell(message: FromGenerator): void {
  process.send?.(message);
}

process.on("message", (job: Job) => void run(job));
