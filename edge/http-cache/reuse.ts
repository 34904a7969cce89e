import { ageSeconds, type Entry, stalenessSeconds } from "./entry.ts";
import type { Profile } from "./profile.ts";
import type { Demands } from "./request.ts";

/**
 * How a stored response may answer: as it is, as it is while it is revalidated in the background,
 * or only once it has been validated, because it is stale or because the request wants it.
 */
export type Use = "serve" | "serve-and-revalidate" | "validate-stale" | "validate-asked";

/**
 * RFC 9111 §4 and §5.2.1, RFC 5861 §3.
 * @param now milliseconds since the epoch
 */
export function useOf(entry: Entry, demands: Demands, profile: Profile, now: number): Use {
  const { control } = entry;
  if (demands.noCache) return "validate-asked";
  const { maxAgeSeconds, minFreshSeconds, maxStaleSeconds } = demands;
  if (maxAgeSeconds !== null && ageSeconds(entry, now) > maxAgeSeconds) return "validate-asked";
  const staleness = stalenessSeconds(entry, now);
  if (minFreshSeconds !== null && staleness > -minFreshSeconds) return "validate-asked";
  if (staleness < 0) return "serve";
  if (control.forbidsStale) return "validate-stale";
  const revalidatable = !control.noCache || profile.servesNoCacheWhileRevalidating;
  if (revalidatable && staleness < (control.staleWhileRevalidateSeconds ?? 0)) return "serve-and-revalidate";
  if (!control.noCache && maxStaleSeconds !== null && staleness <= maxStaleSeconds) return "serve";
  return "validate-stale";
}

/** Why the origin could not validate. */
export type Failure = "disconnected" | "error";

/** Whether a stored response may stand in for a failure (RFC 9111 §4.2.4, RFC 5861 §4). */
export function standsIn(entry: Entry, failure: Failure, profile: Profile, now: number): boolean {
  const { control } = entry;
  if (control.forbidsStale || control.noCache) return false;
  const byDefault =
    failure === "disconnected" ? profile.staleWhenDisconnectedSeconds : profile.staleOnErrorSeconds;
  return stalenessSeconds(entry, now) < (control.staleIfErrorSeconds ?? byDefault);
}
