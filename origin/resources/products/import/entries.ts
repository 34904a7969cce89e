import { setImmediate } from "node:timers/promises";
import type { Entry } from "./batches.ts";
import { type Line, linesOf } from "./lines.ts";
import { type ImportItem, type LineFault, parseLine } from "./parse-line.ts";

const MAX_LINE_BYTES = 1024 * 1024;
/** After so many lines others have their turn: refusing lines waits for nothing by itself. */
const LINES_A_TURN = 100;

/** The lines of a body that say something, read one by one as they arrive. @throws BodyTooLarge */
export async function* entriesOf(body: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Entry> {
  for await (const line of patientLinesOf(body, maxBytes)) {
    const entry = entryOf(line);
    if (entry !== null) yield entry;
  }
}

/** Lines, with pauses in which others have their turn. @throws BodyTooLarge */
export async function* patientLinesOf(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<Line> {
  for await (const line of linesOf(body, { maxBytes, maxLineBytes: MAX_LINE_BYTES })) {
    if (line.number % LINES_A_TURN === 0) await setImmediate();
    yield line;
  }
}

/** Null: the line is blank. */
export function entryOf(line: Line): Entry | null {
  const parsed = parseLine(line);
  if (parsed.kind === "blank") return null;
  return { line: line.number, bytes: line.bytes?.length ?? 0, parsed };
}

export function itemsOf(batch: readonly Entry[]): ImportItem[] {
  return batch.flatMap(({ parsed }) => (parsed.kind === "item" ? [parsed.item] : []));
}

/** Of each line that is refused, why. */
export function faultsOf(batch: readonly Entry[]): (readonly LineFault[])[] {
  return batch.flatMap(({ parsed }) => (parsed.kind === "faults" ? [parsed.faults] : []));
}
