import { connect, type Socket } from "node:net";

/** What became of one request: its status, or 0 when the connection was lost, and the head of the answer. */
export type Done = (status: number, head: string) => void;

const HEAD_END = "\r\n\r\n";
const CONTENT_LENGTH = /\r\ncontent-length: *(\d+)/i;

/**
 * A keep-alive HTTP/1.1 connection with one request under way at a time.
 *
 * Why not autocannon: it holds each client to a rate of its own and corrects its histogram for the
 * requests that it could not send (`expectedInterval`), where `generate.ts` measures each request from
 * when it was due. Its CPU is no reason: 12 us a request against 10 here, measured side by side. This
 * reads only what a benchmark needs: the status, and how long the body is.
 */
export class Connection {
  readonly #socket: Socket;
  /** Settles when it is open, or lost. */
  readonly opened: Promise<void>;
  #done: Done | null = null;
  #head: Buffer | null = null;
  #status = 0;
  #headText = "";
  /** Bytes of the body that are still to come. */
  #missing = 0;

  constructor(port: number) {
    this.#socket = connect({ port, host: "127.0.0.1", noDelay: true });
    this.opened = new Promise((resolve) => this.#socket.once("connect", resolve).once("close", resolve));
    this.#socket.on("data", (chunk: Buffer) => this.#read(chunk));
    this.#socket.on("error", () => {});
    this.#socket.on("close", () => this.#finish(0));
  }

  get lost(): boolean {
    return this.#socket.destroyed;
  }

  send(request: Buffer, done: Done): void {
    this.#done = done;
    if (this.lost) return this.#finish(0);
    this.#socket.write(request);
  }

  close(): void {
    this.#done = null;
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    if (this.#missing > 0) return this.#countBody(chunk.length);
    const bytes = this.#head === null ? chunk : Buffer.concat([this.#head, chunk]);
    const end = bytes.indexOf(HEAD_END);
    if (end === -1) {
      this.#head = bytes;
      return;
    }
    this.#head = null;
    const head = bytes.toString("latin1", 0, end);
    const length = CONTENT_LENGTH.exec(head)?.[1];
    if (length === undefined) throw new Error(`the generator needs a Content-Length, got:\n${head}`);
    this.#status = Number(head.slice(9, 12));
    this.#headText = head;
    this.#missing = Number(length);
    this.#countBody(bytes.length - end - HEAD_END.length);
  }

  #countBody(bytes: number): void {
    this.#missing -= bytes;
    if (this.#missing === 0) this.#finish(this.#status);
  }

  #finish(status: number): void {
    const done = this.#done;
    this.#done = null;
    done?.(status, this.#headText);
  }
}

/** @param name in lower case */
export function headerIn(head: string, name: string): string | null {
  const at = head.toLowerCase().indexOf(`\r\n${name}:`);
  if (at === -1) return null;
  const from = at + name.length + 3;
  const end = head.indexOf("\r\n", from);
  return head.slice(from, end === -1 ? undefined : end).trim();
}
