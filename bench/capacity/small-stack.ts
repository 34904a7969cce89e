import { startParts } from "../parts.ts";
import type { PartEdge } from "../parts-process.ts";

/** One self-hosted edge with all that stands behind it, and a catalogue. */
export type SmallStack = PartEdge & {
  readonly opsUrl: string;
  /** Redis as the edge reaches it: counts its commands by key. */
  readonly countsUrl: string;
  readonly token: string;
  /** Of the process that the origin runs in. */
  readonly originPid: number;
  /** Of Postgres and Redis. */
  readonly databasePids: readonly number[];
};

export async function withSmallStack<R>(
  progress: (text: string) => void,
  work: (stack: SmallStack) => Promise<R>,
): Promise<R> {
  progress("starting Postgres, Redis, the origin and an edge");
  const { stack, stop } = await startParts<SmallStack>("./capacity/stack-process.ts");
  try {
    return await work(stack);
  } finally {
    await stop();
  }
}
