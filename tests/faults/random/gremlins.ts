import { setTimeout as delay } from "node:timers/promises";
import { type Dependency, type DependencyId, dependencies, type Row } from "../matrix/faults.ts";
import type { Lane } from "../matrix/lane.ts";

/** Faults of the matrix at random: two at a time at the most, never two of parts that depend on the same links. */
export type Gremlins = {
  /** How often each fault was in force. */
  readonly counts: ReadonlyMap<string, number>;
  readonly inForce: ReadonlySet<string>;
  /** Resolves when everything is back. @throws what kept a fault from beginning, or from ending */
  readonly stop: () => Promise<void>;
};

const AREAS: readonly (readonly DependencyId[])[] = [
  ["issuer"],
  ["redis", "relay"],
  ["oneOrigin", "origins"],
  ["postgres"],
];
const AT_ONCE = 2;
const PAUSE_MS = 2_000;
const LASTS_MS = 4_000;

export function startGremlins(lane: Lane, random: () => number, isOver: () => boolean): Gremlins {
  const counts = new Map<string, number>();
  const inForce = new Set<string>();
  const occupied = new Set<number>();
  const pick = <T>(among: readonly T[]): T | undefined => among[Math.floor(random() * among.length)];

  async function haunt(): Promise<void> {
    while (!isOver()) {
      await delay(random() * PAUSE_MS);
      const area = Math.floor(random() * AREAS.length);
      const dependency = pick(AREAS[area] ?? []);
      if (dependency === undefined || occupied.has(area)) continue;
      const [id, row] = pick(Object.entries<Row>((dependencies[dependency] as Dependency).rows)) ?? [];
      if (row === undefined) continue;
      const name = `${dependency}.${id}`;
      occupied.add(area);
      inForce.add(name);
      const end = await row.begin(lane);
      counts.set(name, (counts.get(name) ?? 0) + 1);
      await delay(random() * LASTS_MS);
      await end();
      inForce.delete(name);
      occupied.delete(area);
    }
  }

  const haunting = Promise.all(Array.from({ length: AT_ONCE }, haunt));
  // It is `stop` that tells.
  haunting.catch(() => undefined);
  return {
    ...{ counts, inForce },
    async stop() {
      await haunting;
    },
  };
}
