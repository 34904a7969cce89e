import type { SQL, Subquery } from "drizzle-orm";
import type { Connections, Database } from "./client.ts";
import { prepareRead, type Read } from "./read.ts";

export type Query = PromiseLike<unknown> & {
  as(alias: "found"): Subquery<"found", Record<string, unknown>>;
};

/**
 * Prepares one read for each shape that is asked for, when it first is. (`$1 is null or column = $1`
 * would be one statement that no index serves.)
 * @param build whose shapes are few and made by the program, never by whoever asks
 * @param isShort as for `Rows`
 */
export function prepareShapes<Shape, Q extends Query>(
  connections: Connections,
  build: (db: Database, settingIsMade: SQL, shape: Shape) => Q,
  isShort: (shape: Shape) => boolean = () => false,
): (shape: Shape) => Read<"tenant", Awaited<Q>> {
  const reads = new Map<string, Read<"tenant", Awaited<Q>>>();

  return function readOf(shape) {
    const key = JSON.stringify(shape);
    const known = reads.get(key);
    if (known !== undefined) return known;
    const made = prepareRead(connections, (db, ready) => build(db, ready, shape), isShort(shape));
    reads.set(key, made);
    return made;
  };
}
