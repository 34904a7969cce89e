import satisfies from "spdx-satisfies";
import type { Component } from "./sbom.ts";

/** Whether what is installed may be used: by SPDX expressions (https://spdx.org/licenses/). */

/** They ask for nothing but to be named. */
const PERMISSIVE = [
  "0BSD",
  "Apache-2.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "BlueOak-1.0.0",
  "CC0-1.0",
  "ISC",
  "MIT",
  "Python-2.0",
  "Unlicense",
];
/** They bind those who pass the files on, which nobody does with what only develops and tests. */
const FOR_DEVELOPMENT = [...PERMISSIVE, "CC-BY-3.0", "LGPL-3.0-or-later", "MPL-2.0"];

/** Packages that say what they are in words. */
const BY_HAND: Readonly<Record<string, string>> = {
  // "Public Domain"
  jsonify: "CC0-1.0",
};

/** @param forProduction components that are installed in the origin's image */
export function licenceFaults(
  components: readonly Component[],
  forProduction: ReadonlySet<string>,
): string[] {
  return components.flatMap(({ name, version, licence }) => {
    const isShipped = forProduction.has(`${name}@${version}`);
    const found = licence ?? BY_HAND[name];
    if (found !== undefined && mayBeUsed(found, isShipped ? PERMISSIVE : FOR_DEVELOPMENT)) return [];
    return [`${name}@${version}: ${found ?? "names no licence"}${isShipped ? "" : " (development only)"}`];
  });
}

function mayBeUsed(expression: string, allowed: readonly string[]): boolean {
  try {
    return satisfies(expression, [...allowed]);
  } catch {
    // Not an SPDX expression.
    return false;
  }
}
