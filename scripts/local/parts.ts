export type Part = { readonly stop: () => Promise<unknown> };

/** What was started, so that it can be stopped in the reverse order, whatever happens in between. */
export class Parts {
  readonly #started: Part[] = [];

  /** Keeps what `start` resolves to for `stop`. */
  async add<P extends Part>(start: Promise<P>): Promise<P> {
    const part = await start;
    this.#started.push(part);
    return part;
  }

  /** Stops all, one after the other; a part that fails to stop does not keep the others running. */
  async stop(): Promise<void> {
    const failures: unknown[] = [];
    for (let part = this.#started.pop(); part !== undefined; part = this.#started.pop()) {
      await part.stop().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw new AggregateError(failures, "some parts did not stop");
  }
}
