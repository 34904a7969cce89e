/**
 * Aborts what is bound to its signal once its time is over. `AbortSignal.timeout` could be neither
 * extended nor ended, and would keep a timer for each request until its budget is over.
 */
export class TimeLimit {
  readonly #controller = new AbortController();
  #timer: ReturnType<typeof setTimeout>;

  constructor(ms: number) {
    this.#timer = this.#start(ms);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get isOver(): boolean {
    return this.#controller.signal.aborted;
  }

  /** Lets it end so many milliseconds from now instead. */
  extend(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = this.#start(ms);
  }

  /** What it was for is done. */
  end(): void {
    clearTimeout(this.#timer);
  }

  #start(ms: number): ReturnType<typeof setTimeout> {
    const late = () => this.#controller.abort(new DOMException("the time is over", "TimeoutError"));
    return setTimeout(late, Math.max(0, ms));
  }
}
