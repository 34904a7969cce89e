import { within } from "./within.ts";

/**
 * One load for many that ask at once, within an isolate.
 *
 * The shared promise must resolve to plain data: a `Response` or stream belongs to the request that
 * made it. The leader keeps it alive with `waitUntil`, since workerd cancels a request's work when
 * it ends; a follower that waits too long, or whose leader failed, loads for itself, so that no
 * request depends on another's luck.
 */
export class SingleFlight<T> {
  readonly #flights = new Map<string, Promise<T>>();
  readonly #patienceMs: number;

  /** @param patienceMs how long a follower waits before it loads for itself */
  constructor(patienceMs: number) {
    this.#patienceMs = patienceMs;
  }

  async run(key: string, load: () => Promise<T>, waitUntil: (work: Promise<unknown>) => void): Promise<T> {
    const flight = this.#flights.get(key);
    if (flight !== undefined) return this.#follow(key, flight, load);
    const led = load();
    this.#flights.set(key, led);
    const end = () => this.#forget(key, led);
    waitUntil(led.then(end, end));
    return led;
  }

  /** Waits for a load that is under way, and begins none. Null: there is none, or nothing came of it in time. */
  async join(key: string): Promise<T | null> {
    const flight = this.#flights.get(key);
    return flight === undefined ? null : this.#wait(flight).catch(() => null);
  }

  /** Whether somebody loads already: then who need not have the outcome has nothing to do. */
  isUnderWay(key: string): boolean {
    return this.#flights.has(key);
  }

  async #follow(key: string, flight: Promise<T>, load: () => Promise<T>): Promise<T> {
    try {
      return await this.#wait(flight);
    } catch {
      this.#forget(key, flight);
      return load();
    }
  }

  #wait(flight: Promise<T>): Promise<T> {
    return within(flight, this.#patienceMs);
  }

  #forget(key: string, flight: Promise<T>): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
  }
}
