import type { Sweep } from "../sweeper.ts";
import { expireReservations } from "./stock/expire.ts";

/** What resources have swept, one line each. */
export const sweeps: readonly Sweep[] = [
  expireReservations, //
];
