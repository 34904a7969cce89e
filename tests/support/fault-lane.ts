import type { Socket } from "node:net";

type Parcel = { readonly due: number; readonly bytes: Buffer };

/** One direction: delivers in order, each parcel not before it is due, and heeds backpressure. */
export class Lane {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #waiting: Parcel[] = [];
  #timer: NodeJS.Timeout | null = null;
  #afterwards: (() => void)[] = [];

  constructor(from: Socket, to: Socket) {
    this.#from = from;
    this.#to = to;
  }

  /** @param delayMs `Infinity`: until it is released */
  send(bytes: Buffer, delayMs = 0): void {
    this.#waiting.push({ due: performance.now() + delayMs, bytes });
    if (this.#timer === null) this.#deliver();
  }

  /** Nothing that waits has to wait any longer. */
  release(): void {
    const held = this.#waiting.splice(0);
    this.#waiting.push(...held.map(({ bytes }) => ({ due: 0, bytes })));
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (held.length > 0) this.#deliver();
  }

  end(): void {
    this.drain(() => this.#to.end());
  }

  /** Calls back once nothing is waiting any more. */
  drain(then: () => void): void {
    if (this.#waiting.length === 0) then();
    else this.#afterwards.push(then);
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#waiting.length = 0;
    this.#afterwards = [];
  }

  #deliver(): void {
    this.#timer = null;
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const wait = next.due - performance.now();
      if (wait === Number.POSITIVE_INFINITY) return;
      if (wait > 0) {
        this.#timer = setTimeout(() => this.#deliver(), Math.ceil(wait));
        return;
      }
      this.#waiting.shift();
      if (this.#to.writable && !this.#to.write(next.bytes)) this.#holdBack();
    }
    for (const then of this.#afterwards.splice(0)) then();
  }

  #holdBack(): void {
    this.#from.pause();
    this.#to.once("drain", () => this.#from.resume());
  }
}
