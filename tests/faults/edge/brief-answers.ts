import { contract } from "#shared/contract.ts";

/** Seconds for which what a problem's type means is fresh in `brief-worker.ts`. */
export const FRESH_SECONDS = 4;

Object.assign(contract.getProblemType.cache, {
  maxAgeSeconds: FRESH_SECONDS,
  staleWhileRevalidateSeconds: 0,
});
