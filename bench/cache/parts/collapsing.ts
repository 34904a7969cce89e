import { setTimeout as pause } from "node:timers/promises";
import { voidFor } from "../../bars/verdict.ts";
import { get } from "../../contestant.ts";
import { productId } from "../../contestants/product.ts";
import { idleShare } from "../../cpu.ts";
import { Connection, headerIn } from "../../load/connection.ts";
import type { BenchEdge, Part } from "../part.ts";
import { originReads } from "../stack.ts";

/** Many who ask for one key at once, where nobody has it yet. */

const REQUESTS = 1_000;
/** The idle share of the CPU that a burst waits for, and how long. */
const ROOM = 0.5;
const ROOM_LOOK_MS = 300;
const ROOM_LOOKS = 30;
/** Products that no other part reads. */
const FIRST_COLD = 100_500;

export const collapsing: Part = {
  name: "d",
  title: `${REQUESTS} concurrent cold requests for one key, over 4 edges`,
  async run({ settings, progress, stack }) {
    const bench = await stack();
    const rounds: Round[] = [];
    for (let round = 0; round < settings.rounds; round++) {
      progress(`round ${round + 1}/${settings.rounds}`);
      const idle = await waitForRoom();
      const before = await originReads(bench);
      const request = Buffer.from(
        get(`/v1/products/${productId(FIRST_COLD + round)}`, { authorization: `Bearer ${bench.token}` }),
      );
      const burst = await askAtOnce(bench.edges, request);
      rounds.push({ originCalls: (await originReads(bench)) - before, idle, ...burst });
    }
    const calls = Math.max(...rounds.map(({ originCalls }) => originCalls));
    const reason = voidFor(Math.min(...rounds.map(({ idle }) => idle)));
    const good = Math.min(...rounds.map((round) => round.good));
    const slowest = Math.max(...rounds.map((round) => round.slowestMs));
    return {
      checks: [
        {
          what: "origin calls an edge, worst of the rounds",
          figure: calls / bench.edges.length,
          unit: "",
          bar: { kind: "exactly", value: 1 },
          note: `${rounds.length} rounds, a new key each`,
          ...(reason === undefined ? {} : { void: reason }),
        },
        {
          what: "answered 200, fewest of the rounds",
          figure: good,
          unit: "",
          bar: { kind: "exactly", value: REQUESTS },
          note: `the slowest after ${slowest.toFixed(0)} ms`,
        },
      ],
      details: { rounds },
    };
  },
};

type Burst = {
  readonly good: number;
  readonly slowestMs: number;
  /** Answers by `Cache-Status`, edge by edge. */
  readonly statuses: readonly Readonly<Record<string, number>>[];
};

type Round = Burst & {
  readonly originCalls: number;
  /** Just before the burst, which itself leaves nothing idle. */
  readonly idle: number;
};

/** An edge whose machine does other things may lose sight of the relay, and then asks under another key. */
async function waitForRoom(): Promise<number> {
  for (let left = ROOM_LOOKS; ; left--) {
    const since = idleShare();
    await pause(ROOM_LOOK_MS);
    const idle = since();
    if (idle >= ROOM || left === 0) return idle;
  }
}

/** Opens all connections first, so that the requests leave together. */
async function askAtOnce(edges: readonly BenchEdge[], request: Buffer): Promise<Burst> {
  const connections = Array.from({ length: REQUESTS }, (_, index) => {
    const { port } = edges[index % edges.length] ?? { port: 0 };
    return new Connection(port);
  });
  await Promise.all(connections.map((connection) => connection.opened));
  const since = performance.now();
  const answers = await Promise.all(connections.map((connection) => answerOn(connection, request)));
  const slowestMs = performance.now() - since;
  for (const connection of connections) connection.close();
  const statuses = edges.map((_, edge) =>
    counted(answers.filter((_, index) => index % edges.length === edge)),
  );
  return { good: answers.filter(({ status }) => status === 200).length, slowestMs, statuses };
}

type Answer = { readonly status: number; readonly cacheStatus: string };

function answerOn(connection: Connection, request: Buffer): Promise<Answer> {
  return new Promise((resolve) => {
    connection.send(request, (status, head) =>
      resolve({ status, cacheStatus: headerIn(head, "cache-status") ?? "" }),
    );
  });
}

function counted(answers: readonly Answer[]): Record<string, number> {
  const groups = Object.groupBy(answers, ({ cacheStatus }) => cacheStatus.replace(/ttl=-?\d+/, "ttl"));
  return Object.fromEntries(Object.entries(groups).map(([name, group]) => [name, group?.length ?? 0]));
}
