import { connect, type Socket } from "node:net";
import { Lane } from "./fault-lane.ts";
import type { Fault, Upstream } from "./fault-proxy.ts";
import { PostgresFrames } from "./postgres-frames.ts";

type Side = "client" | "server";

/** One connection through the proxy: two sockets, and what is on its way between them. */
export class Link {
  /** Resolves when both sockets are closed. */
  readonly closed: Promise<void>;
  /** Postgres has said that it takes queries. */
  isReady = false;
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #fault: () => Fault;
  readonly #count: () => number;
  readonly #frames = { client: new PostgresFrames("client"), server: new PostgresFrames("server") };
  readonly #lanes: Record<Side, Lane>;
  /** Bytes delivered to the client since the fault was set. */
  #delivered = 0;
  #cut = false;
  #isForgotten = false;
  /** The server has closed, and the client was not told. */
  #isServerGone = false;

  constructor(client: Socket, upstream: Upstream, fault: () => Fault, count: () => number) {
    this.#client = client;
    this.#server = connect({ ...upstream, allowHalfOpen: true, noDelay: true });
    this.#fault = fault;
    this.#count = count;
    this.#lanes = { client: new Lane(client, this.#server), server: new Lane(this.#server, client) };
    const closed = [this.#listen("client", client), this.#listen("server", this.#server)];
    this.closed = Promise.all(closed).then(() => {});
  }

  /** Resolves when the socket is closed, for whatever reason. */
  #listen(side: Side, socket: Socket): Promise<void> {
    socket.on("data", (chunk: Buffer) => this.#relay(side, chunk));
    socket.on("end", () => this.#finish(side));
    socket.on("error", () => this.reset());
    return new Promise((resolve) => {
      socket.on("close", () => {
        this.#close(side);
        resolve();
      });
    });
  }

  /** A new fault is in force. What a black hole kept quiet about comes out when it ends. */
  begin(): void {
    this.#delivered = 0;
    if (this.#isServerGone && !this.#isSwallowing("server")) this.reset();
    if (this.#fault().kind === "hold") return;
    for (const lane of Object.values(this.#lanes)) lane.release();
  }

  /** Whatever comes from now on is lost, the end included, whatever fault is set. */
  forget(): void {
    this.#cut = true;
    this.#isForgotten = true;
  }

  /** RST to both sides. */
  reset(): void {
    this.#lanes.client.stop();
    this.#lanes.server.stop();
    this.#client.resetAndDestroy();
    this.#server.resetAndDestroy();
  }

  /** At once: a reset waits for what was written before. */
  destroy(): void {
    this.#lanes.client.stop();
    this.#lanes.server.stop();
    this.#client.destroy();
    this.#server.destroy();
  }

  #relay(side: Side, chunk: Buffer): void {
    if (this.#cut) return;
    const fault = this.#fault();
    // Framing has to see every byte, also those before the fault that needs it is set.
    const messages = this.#frames[side].push(chunk);
    this.isReady ||= side === "server" && messages.some(({ message }) => message.type === "Z");
    const lane = this.#lanes[side];
    switch (fault.kind) {
      case "blackhole":
        return;
      case "hold":
        return lane.send(chunk, Number.POSITIVE_INFINITY);
      case "delay":
        return lane.send(chunk, side === "client" ? fault.toServerMs : fault.toClientMs);
      case "flaky":
        return (fault.random ?? Math.random)() < fault.probability ? this.reset() : lane.send(chunk);
      case "garbage":
        if (side === "client") this.#answer(fault.answer);
        return;
      case "reset-after":
        return side === "client" ? lane.send(chunk) : this.#deliverUpTo(fault.bytes, chunk);
      case "break-off":
        return side === "client" ? lane.send(chunk) : this.#breakOff(chunk.subarray(0, -fault.missing));
      case "cut":
        return this.#cutAt(fault, side, messages, chunk);
      default:
        return lane.send(chunk);
    }
  }

  #cutAt(
    fault: Fault & { readonly kind: "cut" },
    side: Side,
    messages: ReturnType<PostgresFrames["push"]>,
    chunk: Buffer,
  ): void {
    const isMeant = fault.from === side || fault.from === "either";
    const at = isMeant ? messages.find((one) => fault.when(one.message, this.#count())) : undefined;
    if (at === undefined) return this.#lanes[side].send(chunk);
    this.#cutAfter(side, chunk.subarray(0, Math.max(0, fault.at === "after" ? at.end : at.start)));
  }

  #finish(side: Side): void {
    this.#isServerGone ||= this.#isSwallowing(side);
    if (this.#isSwallowing(side) || this.#cut) return;
    this.#lanes[side].end();
  }

  #close(side: Side): void {
    if (this.#isSwallowing(side) || this.#isForgotten) return;
    const other = side === "client" ? this.#server : this.#client;
    this.#lanes[side].drain(() => other.destroySoon());
  }

  /** A black hole does not even say that the server is gone. */
  #isSwallowing(side: Side): boolean {
    return side === "server" && this.#fault().kind === "blackhole";
  }

  #answer(bytes: Uint8Array): void {
    this.#cut = true;
    this.#server.destroy();
    this.#client.end(bytes);
  }

  #deliverUpTo(limit: number, chunk: Buffer): void {
    const part = chunk.subarray(0, Math.max(0, limit - this.#delivered));
    this.#delivered += chunk.length;
    if (this.#delivered < limit) return this.#lanes.server.send(chunk);
    this.#breakOff(part);
  }

  #breakOff(last: Buffer): void {
    this.#cut = true;
    this.#client.write(last, () => this.reset());
  }

  /** The receiver gets its last message and then the end; the sender is reset. */
  #cutAfter(side: Side, last: Buffer): void {
    this.#cut = true;
    const [sender, receiver] =
      side === "client" ? [this.#client, this.#server] : [this.#server, this.#client];
    receiver.once("finish", () => sender.resetAndDestroy());
    this.#lanes[side].send(last);
    this.#lanes[side].end();
  }
}
