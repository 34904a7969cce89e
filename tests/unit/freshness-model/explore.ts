import type { Design } from "./design.ts";
import { World } from "./world.ts";

/** Runs one random interleaving of `steps` steps; the same seed gives the same run. */
export function explore(design: Design, seed: number, steps: number): string | null {
  const random = generator(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const world = new World(design);
  const edge = () => world.edges[below(world.edges.length)] ?? failNever();

  const rare = 0.02;
  const actions: readonly (readonly [weight: number, act: () => void])[] = [
    [2, () => world.begin()],
    [1, () => world.commit(below(world.active.length))],
    [1, () => world.commit(below(world.active.length), edge())],
    [6, () => world.relayStep(below(world.relays.length))],
    [3, () => world.look(edge())],
    [4, () => world.read(edge())],
    [3, () => world.readWithToken(edge())],
    [
      5,
      () => {
        const at = edge();
        world.flightStep(at, below(at.flights.length));
      },
    ],
    [20 * rare, () => world.crashRelay(below(world.relays.length))],
    [15 * rare, () => world.loseRedis()],
    [15 * rare, () => world.backUp()],
    [10 * rare, () => world.putBack()],
    [15 * rare, () => world.deliverDuplicate(below(world.duplicates))],
  ];
  const total = actions.reduce((sum, [weight]) => sum + weight, 0);

  for (let step = 0; step < steps && world.violation === null; step++) {
    let ticket = random() * total;
    const chosen = actions.find(([weight]) => {
      ticket -= weight;
      return ticket < 0;
    });
    chosen?.[1]();
  }
  if (world.violation === null) world.settle();
  return world.violation;
}

/** The first violation among `runs` interleavings, or null. */
export function firstViolation(
  design: Design,
  runs: number,
  steps: number,
): { seed: number; what: string } | null {
  for (let seed = 1; seed <= runs; seed++) {
    const what = explore(design, seed, steps);
    if (what !== null) return { seed, what };
  }
  return null;
}

/** mulberry32: small, seeded, good enough to pick steps. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function failNever(): never {
  throw new Error("there is always an edge");
}
