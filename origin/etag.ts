import { Problem } from "#shared/problems.ts";

/** The strong entity tag of a version (RFC 9110 §8.8.3). */
export function etagOf(version: number): string {
  return `"${version}"`;
}

/**
 * Compares `If-Match` with what there is (RFC 9110 §13.1.1). `*` matches whatever exists; a weak tag
 * never matches, for the comparison is the strong one.
 * @throws Problem `precondition-failed`
 */
export function requireMatch(ifMatch: string, version: number): void {
  if (ifMatch !== "*" && ifMatch !== etagOf(version)) {
    throw new Problem("precondition-failed", { detail: `the resource is at version ${version} now` });
  }
}
