/**
 * Tells once that something is over, as an `AbortSignal` does. Every request has one, and an `AbortSignal`
 * costs it several microseconds: it is an event target, and the garbage collector's to look after.
 */
export type Ending = Pick<AbortSignal, "aborted" | "reason" | "throwIfAborted"> & {
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
};

export class OneEnding implements Ending {
  aborted = false;
  reason: unknown = undefined;
  readonly #listeners: (() => void)[] = [];

  /** Calls everybody who waits for it; the first reason stays. */
  end(reason: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    for (const listener of this.#listeners.splice(0)) listener();
  }

  throwIfAborted(): void {
    if (this.aborted) throw this.reason;
  }

  addEventListener(_: "abort", listener: () => void): void {
    this.#listeners.push(listener);
  }

  removeEventListener(_: "abort", listener: () => void): void {
    // Nearly always the last one, which costs no array of what was removed.
    const at = this.#listeners.lastIndexOf(listener);
    if (at === this.#listeners.length - 1) this.#listeners.pop();
    else if (at >= 0) this.#listeners.splice(at, 1);
  }
}
