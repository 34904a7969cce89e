import { createReadStream } from "node:fs";

/** Some lines of a file, as they go into one request. */
export type Part = {
  /** The number of the part's first line in the file, from 1. */
  readonly firstLine: number;
  readonly lines: number;
  readonly body: Uint8Array;
};

/** Small enough to show progress, large enough for a million lines in as many parts as an import may have. */
const MAX_LINES = 2_000;
const MAX_BYTES = 8 * 1024 * 1024;
const NEWLINE = 0x0a;

/**
 * Cuts a file at line ends, whatever they are and whether or not the last line has one. A line that
 * is longer than a part goes alone, for the API to refuse it by its number.
 */
export async function* partsOf(file: string): AsyncGenerator<Part> {
  let nextLine = 1;
  let lines: Buffer[] = [];
  let bytes = 0;
  let unfinished: Buffer[] = [];

  function cut(): Part {
    const part = { firstLine: nextLine, lines: lines.length, body: Buffer.concat(lines) };
    nextLine += lines.length;
    lines = [];
    bytes = 0;
    return part;
  }

  for await (const chunk of createReadStream(file)) {
    if (!Buffer.isBuffer(chunk)) throw new Error("the file is read as bytes");
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      const line = Buffer.concat([...unfinished, chunk.subarray(start, end + 1)]);
      unfinished = [];
      start = end + 1;
      if (lines.length === MAX_LINES || (lines.length > 0 && bytes + line.length > MAX_BYTES)) yield cut();
      lines.push(line);
      bytes += line.length;
    }
    if (start < chunk.length) unfinished.push(chunk.subarray(start));
  }
  const last = Buffer.concat(unfinished);
  if (
    last.length > 0 &&
    lines.length > 0 &&
    (lines.length === MAX_LINES || bytes + last.length > MAX_BYTES)
  ) {
    yield cut();
  }
  if (last.length > 0) lines.push(last);
  if (lines.length > 0) yield cut();
}
