import { Gauge, type Registry } from "prom-client";

/** What waits to be dealt with, of all tenants and by whatever process. */
export type Backlog = {
  /** `MAX_COUNTED` at most. */
  readonly waiting: number;
  /** Seconds for which the one that waits longest has waited; 0 when none does. */
  readonly oldestAgeSeconds: number;
};

/** More are not counted: it is an alarm either way. */
export const MAX_COUNTED = 100_000;

type Named = { readonly name: string; readonly help: string };

/** Shows a backlog; NaN while it cannot be measured. */
export function addBacklogMetrics(
  registry: Registry,
  measure: () => Promise<Backlog>,
  { waiting, oldest }: { readonly waiting: Named; readonly oldest: Named },
): void {
  const registers = [registry];
  // Measured once a scrape, by the first of the two, which the registry asks first.
  let measured: Promise<Backlog | null> = Promise.resolve(null);
  new Gauge({
    ...waiting,
    registers,
    async collect() {
      measured = measure().catch(() => null);
      this.set((await measured)?.waiting ?? Number.NaN);
    },
  });
  new Gauge({
    ...oldest,
    registers,
    async collect() {
      this.set((await measured)?.oldestAgeSeconds ?? Number.NaN);
    },
  });
}
