import { Problem } from "#shared/problems.ts";

/** The strong entity tag of a version (RFC 9110 §8.8.3). */
export function etagOf(version: number): string {
  return `"${version}"`;
}

/**
 * The entity tag without which a change is not made: nobody overwrites what they have not seen.
 * @throws Problem `precondition-required`
 */
export function requireIfMatch(headers: { readonly "if-match"?: string }): string {
  const ifMatch = headers["if-match"];
  if (ifMatch === undefined) throw new Problem("precondition-required");
  return ifMatch;
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
