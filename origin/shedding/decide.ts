import type { Priority } from "../db/work.ts";

/** What is scarce, each as a part of what is bearable: 1 is the limit of the least urgent. */
export type Strain = {
  readonly eventLoop: number;
  readonly memory: number;
};

export type ShedReason = keyof Strain;

/** How much of the house a tenant has: requests that are being answered. */
export type Occupancy = { readonly ofTenant: number; readonly total: number };

/** The strain from which requests of a priority are shed. Probes have a port of their own and never are. */
const BEARS: Readonly<Record<Priority, number>> = {
  upkeep: Number.POSITIVE_INFINITY,
  write: 4,
  read: 2.5,
  revalidation: 1.5,
  list: 1,
};

/** Of what a tenant bears that has most of the house while others are in it too. */
const HOG_BEARS = 0.5;
/** With fewer requests nobody is crowded out. */
const CROWD = 8;

/**
 * Whether a request is to be turned away before anything is done for it, and for the sake of what. The less
 * urgent go first; and those of a tenant that has more than half of the house go sooner, for the others'.
 */
export function shed(strain: Strain, priority: Priority, occupancy: Occupancy): ShedReason | null {
  const bears = BEARS[priority] * (isHog(occupancy) ? HOG_BEARS : 1);
  if (strain.eventLoop >= bears) return "eventLoop";
  return strain.memory >= bears ? "memory" : null;
}

function isHog({ ofTenant, total }: Occupancy): boolean {
  return total >= CROWD && ofTenant < total && ofTenant > total / 2;
}

const MIN_SECONDS = 1;
const MAX_SECONDS = 30;

/**
 * When it is worth coming back: as many as are being answered now will have been answered.
 * @param perSecond how many were answered of late
 */
export function retryAfterSeconds(total: number, perSecond: number): number {
  const seconds = perSecond > 0 ? Math.ceil(total / perSecond) : MAX_SECONDS;
  return Math.min(MAX_SECONDS, Math.max(MIN_SECONDS, seconds));
}
