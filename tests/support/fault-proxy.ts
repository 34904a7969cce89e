import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { Link } from "./fault-link.ts";
import { persist } from "./persist.ts";
import type { PostgresMessage } from "./postgres-frames.ts";

const LOOPBACK = "127.0.0.1";
const CLOSED_MS = 2_000;

/** What the proxy does to its connections, those that are open included, until it is told otherwise. */
export type Fault =
  | { readonly kind: "pass" }
  /** Nothing listens: new connections are refused; those that are open go on. */
  | { readonly kind: "refuse" }
  /** Accepts, and neither delivers nor answers anything; it is lost for ever. */
  | { readonly kind: "blackhole" }
  /** The same, but all of it is delivered afterwards, as TCP does: a server that hung and goes on. */
  | { readonly kind: "hold" }
  /** Holds each chunk back, by milliseconds a direction. */
  | { readonly kind: "delay"; readonly toServerMs: number; readonly toClientMs: number }
  /** Delivers so many bytes of the answer on each connection, then resets it. */
  | { readonly kind: "reset-after"; readonly bytes: number }
  /** Delivers the first chunk of each connection's answer but for so many bytes at its end, then resets it. */
  | { readonly kind: "break-off"; readonly missing: number }
  /** Answers this to whatever comes, in the server's place, and closes. */
  | { readonly kind: "garbage"; readonly answer: Uint8Array }
  /** Resets the connection at a chunk, in either direction, with this probability (0 to 1). */
  | { readonly kind: "flaky"; readonly probability: number; readonly random?: () => number }
  /**
   * Cuts a Postgres connection before or after the first message for which `when` holds. `count`
   * counts the messages of `from` since the fault was set, over all connections, from 1.
   */
  | {
      readonly kind: "cut";
      readonly at: "before" | "after";
      readonly from: "client" | "server" | "either";
      readonly when: (message: PostgresMessage, count: number) => boolean;
    };

export type FaultProxy = {
  readonly port: number;
  readonly url: string;
  /** The same URL with this proxy in the server's place. */
  readonly through: (url: string) => string;
  /** Resolves once the fault is in force. */
  readonly set: (fault: Fault) => Promise<void>;
  /** How many connections are open. */
  readonly connections: () => number;
  /** On how many of them Postgres has not said yet that it takes queries. */
  readonly opening: () => number;
  /** Resets every connection that is open. */
  readonly sever: () => void;
  /** Loses every connection that is open without a word: from now on they are black holes, and new ones are not. */
  readonly forget: () => void;
  readonly stop: () => Promise<void>;
};

export type Upstream = { readonly host: string; readonly port: number };

export type FaultProxyOptions = {
  readonly upstream: Upstream;
  /** Told of each connection. */
  readonly accepted?: () => void;
};

/** Starts a TCP proxy on a free loopback port; it passes everything on until a fault is set. */
export async function startFaultProxy({ upstream, accepted }: FaultProxyOptions): Promise<FaultProxy> {
  const links = new Set<Link>();
  let server: Server | null = null;
  let fault: Fault = { kind: "pass" };
  /** Messages that a `cut` has counted. */
  let counted = 0;
  const count = () => ++counted;

  async function listen(port: number): Promise<number> {
    const listening = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
      const link = new Link(client, upstream, () => fault, count);
      links.add(link);
      accepted?.();
      void link.closed.then(() => links.delete(link));
    });
    listening.listen(port, LOOPBACK);
    await once(listening, "listening");
    server = listening;
    const address = listening.address() as AddressInfo;
    return address.port;
  }

  const port = await listen(0);
  const sever = () => {
    for (const link of links) link.reset();
  };

  return {
    port,
    url: `http://${LOOPBACK}:${port}`,
    through(url) {
      const changed = new URL(url);
      changed.host = `${LOOPBACK}:${port}`;
      return changed.href;
    },
    async set(next) {
      fault = next;
      counted = 0;
      for (const link of links) link.begin();
      if (next.kind === "refuse") {
        server?.close();
        server = null;
      } else if (server === null) {
        await persist(() => listen(port));
      }
    },
    connections: () => links.size,
    opening: () => [...links].filter(({ isReady }) => !isReady).length,
    sever,
    forget() {
      for (const link of links) link.forget();
    },
    async stop() {
      server?.close();
      server = null;
      for (const link of links) link.destroy();
      const closed = Promise.all([...links].map((link) => link.closed));
      // Of a socket that was being shut down when it was reset, Node may say nothing more.
      await Promise.race([closed, delay(CLOSED_MS, null, { ref: false })]);
    },
  };
}
