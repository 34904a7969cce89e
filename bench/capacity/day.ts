import { type Load, loadOf } from "./load.ts";
import { type Scenario, trafficOf } from "./scenarios.ts";

/** One hour of a day; each is taken to be long enough for the caches to settle. */
export type Hour = Load & { readonly hour: number; readonly event: string | null };

/** By how much the busiest hour of an ordinary day exceeds the average, and the quietest falls short. */
const SWING = 0.6;
const BUSIEST_HOUR = 20;
/** Of the year's busiest day, beside an ordinary one. */
export const SEASONAL_PEAK = 5;
const BACKFILL_HOUR = 3;

/** An ordinary day, with the biggest tenant's import at night. */
export function dayOf(scenario: Scenario): Hour[] {
  return Array.from({ length: 24 }, (_, hour) => {
    const factor = 1 + SWING * Math.cos((2 * Math.PI * (hour - BUSIEST_HOUR)) / 24);
    const isBackfill = hour === BACKFILL_HOUR;
    const { perSecond } = scenario.backfill;
    const load = loadOf(trafficOf(scenario, factor), scenario.deployment, isBackfill ? perSecond : 0);
    return { ...load, hour, event: isBackfill ? "import" : null };
  });
}

/** The busiest hour of the year's busiest day. */
export function seasonalPeak(scenario: Scenario): Load {
  return loadOf(trafficOf(scenario, SEASONAL_PEAK * (1 + SWING)), scenario.deployment);
}

/**
 * Attempts that reach a failing origin for each call that would have been made.
 * @param failing share of attempts that fail
 * @param retries that each caller makes at most
 * @param budget of retries as a share of calls; null: none is kept
 */
export function attemptsPerCall(failing: number, retries: number, budget: number | null): number {
  let attempts = 0;
  for (let attempt = 0; attempt <= retries; attempt++) attempts += failing ** attempt;
  return budget === null ? attempts : Math.min(attempts, 1 + budget);
}
