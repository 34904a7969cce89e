import { existsSync, readFileSync } from "node:fs";
import { readCommandLine, refuse } from "../local/command-line.ts";

/** The closing line of CI, from the JSON that vitest wrote: how many tests really ran. */

const USAGE = `npm run test:summary -- FILE

Says how many tests ran, by the JSON that \`npm test -- --reporter=json --outputFile=FILE\` wrote.`;

const [file = ""] = readCommandLine(USAGE, { allowPositionals: true }).positionals;
if (!existsSync(file)) refuse(file === "" ? "Give a file." : `There is no file ${file}.`, USAGE);
const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(file, "utf8"));
if (numPendingTests > 0) console.log(`${numPendingTests} skipped, for want of something optional`);
console.log(`${numPassedTests} passed, ${numFailedTests} failed`);
