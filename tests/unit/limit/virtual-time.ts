/** Time that passes only when nothing is left to do at the present moment. */
export type VirtualTime = {
  /** Milliseconds. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** Lets everything happen that is due, in order, until nothing is asleep. */
  readonly runOut: () => Promise<void>;
};

export function virtualTime(start: number): VirtualTime {
  let now = start;
  /** Latest first, so that the next one is taken off the end. */
  const sleepers: { readonly at: number; readonly wake: () => void }[] = [];
  const settle = () => new Promise((resolve) => setImmediate(resolve));

  return {
    now: () => now,
    sleep: (ms) =>
      new Promise((wake) => {
        const at = now + ms;
        let index = sleepers.length;
        while (index > 0 && (sleepers[index - 1]?.at ?? at) <= at) index--;
        sleepers.splice(index, 0, { at, wake });
      }),
    async runOut() {
      await settle();
      while (sleepers.length > 0) {
        const next = sleepers.pop();
        if (next === undefined) return;
        now = next.at;
        next.wake();
        await settle();
      }
    },
  };
}
