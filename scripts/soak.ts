import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { readCommandLine, refuse } from "./local/command-line.ts";

/** `npm run soak`: the memory test of the long suites, for longer. */

const USAGE = `npm run soak [-- --minutes <number>]

Runs mixed load with faults against both tiers and measures what they hold. Default: 15 minutes.`;

const { values } = readCommandLine(USAGE, { options: { minutes: { type: "string", default: "15" } } });
const minutes = Number(values.minutes);
if (!(minutes >= 1 && minutes <= 1_440)) refuse("--minutes must be a number from 1 to 1440", USAGE);

const vitest = fileURLToPath(new URL("../node_modules/vitest/vitest.mjs", import.meta.url));
const args = [vitest, "run", "--mode", "long", "tests/faults/soak"];
spawn(process.execPath, args, {
  env: { ...process.env, SOAK_MINUTES: String(minutes) },
  stdio: "inherit",
}).on("exit", (code) => process.exit(code ?? 1));
