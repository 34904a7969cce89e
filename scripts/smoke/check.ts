import type { Fault } from "./judge.ts";
import type { Asked, Probe, Seen } from "./probe.ts";

/** What the checks of one run know of each other. */
export type Story = {
  /** Nobody else's: in what is written, so that it can be told from everything else. */
  readonly mark: string;
  /** Of the product that was made; empty before. */
  productId: string;
  /** What a read has to send back to see the last write. */
  consistency: string;
};

/** `ask` does what there is to do, `judge` says of what was seen what is wrong with it. */
export type Check = {
  readonly title: string;
  readonly ask: (probe: Probe, story: Story) => Promise<readonly Seen[]>;
  readonly judge: (seen: readonly Seen[], story: Story) => Fault;
};

/** A check of a single answer. */
export function ofOne(title: string, path: string, judge: (seen: Seen) => Fault, asked?: Asked): Check {
  return {
    title,
    ask: async (probe) => [await probe(path, asked)],
    judge: ([seen]) => (seen === undefined ? "was not asked" : judge(seen)),
  };
}
