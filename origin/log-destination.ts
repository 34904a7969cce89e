import { openSync, write, writeSync } from "node:fs";

/** Lines are written when so many bytes have come together, or after so long: one write a line is dear. */
const CHUNK_BYTES = 65_536;
const FLUSH_MS = 200;
/** What may wait, in bytes, for a reader that is slow; further lines are dropped, and counted. */
const MAX_WAITING = 1_048_576;
/** Between two attempts when the descriptor takes nothing at the moment. */
const RETRY_MS = 100;
/** A write that takes so long will not end soon. */
const STALLED_MS = 500;
/** Of one character in UTF-8. */
const MOST_BYTES = 3;

export type LogDestination = { readonly write: (line: string) => void };

/**
 * Writes lines to standard output without ever waiting for whoever reads it. Not pino's own destination:
 * at the end of the process that one tries for ever to write to a pipe that nobody reads any more
 * (`flushSync` of sonic-boom 4.2.1), so an origin outlived the terminal that it was started from.
 *
 * Lines wait as bytes: as text each would be dozens of objects, which wait for long enough to grow old.
 * @param dest a file descriptor or path; 1 is standard output
 */
export function logDestination(dest: number | string): LogDestination {
  const fd = typeof dest === "number" ? dest : openSync(dest, "a");
  let chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  /** Of `chunk`. */
  let used = 0;
  /** Full chunks that wait, and how many bytes they hold. */
  let full: Buffer[] = [];
  let fullBytes = 0;
  let dropped = 0;
  /** When the write that is under way began, in milliseconds since the process's start; null: none. */
  let writingSince: number | null = null;
  let isGone = false;
  let timer: NodeJS.Timeout | null = null;

  const isWaiting = () => used + fullBytes > 0;

  function keep(line: string): void {
    if (line.length * MOST_BYTES > CHUNK_BYTES - used) beginChunk();
    if (line.length * MOST_BYTES > CHUNK_BYTES) keepFull(Buffer.from(line));
    else used += chunk.write(line, used);
  }

  function beginChunk(): void {
    if (used === 0) return;
    keepFull(chunk.subarray(0, used));
    chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
    used = 0;
  }

  function keepFull(bytes: Buffer): void {
    full.push(bytes);
    fullBytes += bytes.length;
  }

  function take(): Buffer {
    if (dropped > 0) keep(droppedLine(dropped));
    beginChunk();
    const [first] = full;
    const bytes = first !== undefined && full.length === 1 ? first : Buffer.concat(full);
    full = [];
    fullBytes = 0;
    dropped = 0;
    return bytes;
  }

  function flush(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (writingSince !== null || !isWaiting()) return;
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
        full = [];
      } else if (count < bytes.length) {
        send(bytes.subarray(count));
      } else {
        writingSince = null;
        if (fullBytes > 0) flush();
        else if (isWaiting()) timer ??= setTimeout(flush, FLUSH_MS).unref();
      }
    });
  }

  /** At the end of the process: what still waits is written if that can be done at once. */
  process.once("exit", () => {
    const isStalled = writingSince !== null && performance.now() - writingSince > STALLED_MS;
    if (isGone || isStalled || !isWaiting()) return;
    try {
      writeSync(fd, take());
    } catch {
      // There is no later.
    }
  });

  return {
    write(line) {
      if (isGone) return;
      if (fullBytes + used + line.length > MAX_WAITING) {
        dropped++;
        return;
      }
      keep(line);
      if (fullBytes > 0) flush();
      else timer ??= setTimeout(flush, FLUSH_MS).unref();
    },
  };
}

function droppedLine(count: number): string {
  const time = new Date().toISOString();
  return `${JSON.stringify({ level: "warn", time, dropped: count, msg: "log lines were dropped" })}\n`;
}
