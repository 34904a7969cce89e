import type { Answer } from "./answer.ts";
import type { Shared } from "./key.ts";

/** Seconds for which an answer is fresh (RFC 9111 §4.2.1); 0 when it may not be stored. */
export function lifetimeSeconds(policy: Shared, { status }: Answer): number {
  if (status === 200) return policy.maxAgeSeconds;
  if (status === 404) return policy.notFoundMaxAgeSeconds;
  return 0;
}

/**
 * What to do with a stored answer: serve it, serve it while it is renewed (RFC 5861 §3), or renew
 * it first.
 * @param age seconds since it was stored
 */
export function usability(policy: Shared, answer: Answer, age: number): "fresh" | "revalidate" | "expired" {
  const staleFor = age - lifetimeSeconds(policy, answer);
  if (staleFor < 0) return "fresh";
  return answer.status === 200 && staleFor < policy.staleWhileRevalidateSeconds ? "revalidate" : "expired";
}

/** Whether a stored answer may stand in for an error (RFC 5861 §4). */
export function isServableOnError(policy: Shared, answer: Answer, age: number): boolean {
  return answer.status === 200 && age - lifetimeSeconds(policy, answer) < policy.staleIfErrorSeconds;
}
