import { readFileSync } from "node:fs";

/** The closing line of CI, from the JSON that vitest wrote: how many tests really ran. */

const [file = ""] = process.argv.slice(2);
const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(file, "utf8"));
if (numPendingTests > 0) console.log(`${numPendingTests} skipped, for want of something optional`);
console.log(`${numPassedTests} passed, ${numFailedTests} failed`);
