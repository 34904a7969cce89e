import { openSync, write, writeSync } from "node:fs";

/** Lines are written when so many characters have come together, or after so long: one write a line is dear. */
const FLUSH_LENGTH = 65_536;
const FLUSH_MS = 200;
/** What may wait, in characters, for a reader that is slow; further lines are dropped, and counted. */
const MAX_WAITING = 1_048_576;
/** Between two attempts when the descriptor takes nothing at the moment. */
const RETRY_MS = 100;
/** A write that takes so long will not end soon. */
const STALLED_MS = 500;

export type LogDestination = { readonly write: (line: string) => void };

/**
 * Writes lines to standard output without ever waiting for whoever reads it. Not pino's own destination:
 * at the end of the process that one tries for ever to write to a pipe that nobody reads any more
 * (`flushSync` of sonic-boom 4.2.1), so an origin outlived the terminal that it was started from.
 * @param dest a file descriptor or path; 1 is standard output
 */
export function logDestination(dest: number | string): LogDestination {
  const fd = typeof dest === "number" ? dest : openSync(dest, "a");
  let waiting: string[] = [];
  let length = 0;
  let dropped = 0;
  /** When the write that is under way began, in milliseconds since the process's start; null: none. */
  let writingSince: number | null = null;
  let isGone = false;
  let timer: NodeJS.Timeout | null = null;

  function take(): Buffer {
    if (dropped > 0) waiting.push(droppedLine(dropped));
    const bytes = Buffer.from(waiting.join(""));
    waiting = [];
    length = 0;
    dropped = 0;
    return bytes;
  }

  function flush(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (writingSince !== null || waiting.length === 0) return;
    writingSince = performance.now();
    send(take());
  }

  function send(bytes: Buffer): void {
    write(fd, bytes, (error, count) => {
      if (error?.code === "EAGAIN") {
        setTimeout(send, RETRY_MS, bytes).unref();
      } else if (error !== null) {
        // The reader is gone (EPIPE) or the disk is full: a service goes on without its log.
        isGone = true;
        waiting = [];
      } else if (count < bytes.length) {
        send(bytes.subarray(count));
      } else {
        writingSince = null;
        if (length >= FLUSH_LENGTH) flush();
        else if (waiting.length > 0) timer ??= setTimeout(flush, FLUSH_MS).unref();
      }
    });
  }

  /** At the end of the process: what still waits is written if that can be done at once. */
  process.once("exit", () => {
    const isStalled = writingSince !== null && performance.now() - writingSince > STALLED_MS;
    if (isGone || isStalled || waiting.length === 0) return;
    try {
      writeSync(fd, take());
    } catch {
      // There is no later.
    }
  });

  return {
    write(line) {
      if (isGone) return;
      if (length + line.length > MAX_WAITING) {
        dropped++;
        return;
      }
      waiting.push(line);
      length += line.length;
      if (length >= FLUSH_LENGTH) flush();
      else timer ??= setTimeout(flush, FLUSH_MS).unref();
    },
  };
}

function droppedLine(count: number): string {
  const time = new Date().toISOString();
  return `${JSON.stringify({ level: "warn", time, dropped: count, msg: "log lines were dropped" })}\n`;
}
