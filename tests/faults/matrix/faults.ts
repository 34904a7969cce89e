import type { Fault, FaultProxy } from "#tests/support/fault-proxy.ts";
import type { Mortal } from "#tests/support/mortal.ts";
import { exhaustPool, refuseWrites, terminateBackends } from "./database-faults.ts";
import type { Outcome } from "./exchange.ts";
import type { Lane } from "./lane.ts";
import type { RequestId } from "./requests.ts";

/** One fault of one dependency: a row of a table. */
export type Row = {
  readonly title: string;
  /** Where chance decides about each request, and between what. */
  readonly chance: Chance;
  /** Resolves when it is in force. @returns what ends it, which resolves when the dependency is back */
  readonly begin: (lane: Lane) => Promise<() => Promise<void>>;
};

export type Chance = Partial<Readonly<Record<RequestId, readonly Outcome[]>>>;

export type Dependency = {
  readonly title: string;
  readonly rows: Readonly<Record<string, Row>>;
};

const PAGE = "<!doctype html><title>Welcome</title><p>This is not what you were looking for.";
const page = (type: string) =>
  Buffer.from(
    `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nConnection: close\r\nContent-Length: ${PAGE.length}\r\n\r\n${PAGE}`,
  );

/** What can happen to a connection, whatever is spoken on it. */
const onAnyLink: readonly (readonly [id: string, title: string, fault: Fault])[] = [
  ["refuses", "refuses connections", { kind: "refuse" }],
  ["silent", "accepts and never answers", { kind: "hold" }],
  ["late1", "answers 1 s late", { kind: "delay", toServerMs: 500, toClientMs: 500 }],
  ["late5", "answers 5 s late", { kind: "delay", toServerMs: 2_500, toClientMs: 2_500 }],
  ["resets", "resets in the middle of an answer", { kind: "break-off", missing: 8 }],
  ["garbage", "answers garbage", { kind: "garbage", answer: Buffer.from("\0\x01 not a protocol\r\n\r\n") }],
  ["half", "resets half of the time", { kind: "flaky", probability: 0.5 }],
];
const onHttpLink: typeof onAnyLink = [
  ...onAnyLink,
  ["page", "answers a web page with 200", { kind: "garbage", answer: page("text/html") }],
];

/** An edge that is blind at times. */
const SIGHT: Chance = { cached: ["cached", "fresh"] };
/** An origin that answers at times. */
const ORIGIN: Chance = {
  changed: ["fresh", "stale"],
  unknown: ["fresh", "refused"],
  keyed: ["done", "refused"],
  plain: ["done", "refused"],
};
/** The relay's heartbeat comes by the same way. */
const POSTGRES: Chance = { ...ORIGIN, cached: ["cached", "fresh", "stale"] };

type LinksOf = (lane: Lane) => readonly FaultProxy[];

/** @param chances by the fault's id */
function linkRows(
  faults: typeof onAnyLink,
  linksOf: LinksOf,
  chances: Readonly<Record<string, Chance>>,
): Record<string, Row> {
  return Object.fromEntries(
    faults.map(([id, title, fault]) => [
      id,
      {
        title,
        chance: chances[id] ?? {},
        begin: async (lane) => {
          await Promise.all(linksOf(lane).map((link) => link.set(fault)));
          if (fault.kind === "refuse") for (const link of linksOf(lane)) link.sever();
          return async () => {
            await Promise.all(linksOf(lane).map((link) => link.set({ kind: "pass" })));
          };
        },
      },
    ]),
  );
}

function killedRow(mortalsOf: (lane: Lane) => readonly Mortal[]): Record<string, Row> {
  return {
    killed: {
      title: "is killed under load (SIGKILL)",
      chance: {},
      begin: async (lane) => {
        await Promise.all(mortalsOf(lane).map((mortal) => mortal.kill()));
        return async () => {
          await Promise.all(mortalsOf(lane).map((mortal) => mortal.revive()));
        };
      },
    },
  };
}

export const dependencies = {
  issuer: {
    title: "The issuer of tokens",
    rows: {
      ...linkRows(onHttpLink, ({ links }) => [links.edgeToIssuer], {
        half: { newKey: ["accepted", "refused"] },
      }),
      ...killedRow(({ mortals }) => [mortals.issuer]),
    },
  },
  redis: {
    title: "Redis, as the edge reaches it",
    rows: {
      ...linkRows(onHttpLink, ({ links }) => [links.edgeToRedis], {
        half: { ...SIGHT, closed: ["fresh", "refused"] },
      }),
      ...killedRow(({ mortals }) => [mortals.redis]),
    },
  },
  relay: {
    title: "Redis, as the relay reaches it",
    rows: linkRows(onHttpLink, ({ links }) => [links.originToRedis], {
      half: SIGHT,
      late1: SIGHT,
      late5: SIGHT,
      // What was cut off was only the answer.
      resets: SIGHT,
    }),
  },
  oneOrigin: {
    title: "One origin of two",
    rows: {
      ...linkRows(onHttpLink, ({ links }) => [links.edgeToOrigins[0]], {
        // It is left alone after five failures in a row only, and whoever cannot be repeated may be one of them.
        half: { plain: ["done", "refused"] },
      }),
      ...killedRow(({ mortals }) => [mortals.origins[0]]),
    },
  },
  origins: {
    title: "All origins",
    rows: {
      ...linkRows(onHttpLink, ({ links }) => links.edgeToOrigins, {
        half: { ...ORIGIN, closed: ["fresh", "refused"] },
      }),
      ...killedRow(({ mortals }) => mortals.origins),
    },
  },
  postgres: {
    title: "Postgres",
    rows: {
      ...linkRows(onAnyLink, ({ links }) => [links.originToPostgres], { half: POSTGRES }),
      ...killedRow(({ mortals }) => [mortals.postgres]),
      terminated: {
        title: "terminates its backends, again and again",
        chance: POSTGRES,
        begin: terminateBackends,
      },
      exhausted: {
        title: "is kept busy on every connection",
        chance: {},
        begin: exhaustPool,
      },
      full: { title: "has no room on its disk (53100)", chance: {}, begin: refuseWrites },
    },
  },
} as const satisfies Record<string, Dependency>;

export type DependencyId = keyof typeof dependencies;
