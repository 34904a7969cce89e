export type Stoppable = { readonly stop: () => Promise<void> };

export type StartedOnce<T> = {
  readonly get: () => Promise<T>;
  /** Stops it if it was started. Why it could not be is for whoever asked for it. */
  readonly stop: () => Promise<void>;
};

/** What several parts use, started when the first of them asks for it. */
export function startedOnce<T extends Stoppable>(start: () => Promise<T>): StartedOnce<T> {
  let running: Promise<T> | null = null;
  return {
    get() {
      running ??= start();
      return running;
    },
    async stop() {
      await running?.then(
        (one) => one.stop(),
        () => undefined,
      );
    },
  };
}
