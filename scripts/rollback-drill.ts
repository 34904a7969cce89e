import { DRILLS, rehearse } from "./drill/drills.ts";
import { startService } from "./drill/service.ts";
import { readCommandLine } from "./local/command-line.ts";

const USAGE = `npm run rollback-drill [-- --verify]

Rehearses on this machine what npm run deploy does when a version is bad: real Postgres, Redis, origin and edge
serve version N; a bad N+1 of each tier gets 10% of the traffic, the guardrails find it, and it is rolled back.
A good N+1 has to come through. --verify ends with 1 unless each was found, and service and cache are as before.`;

const { values } = readCommandLine(USAGE, { options: { verify: { type: "boolean", default: false } } });

console.log("starting version N of both tiers");
const service = await startService();
try {
  let faults = 0;
  for (const drill of DRILLS) {
    console.log(`\n${drill.title}`);
    const found = await rehearse(drill, service, (line) => console.log(`  ${line}`));
    for (const fault of found) console.error(`  WRONG: ${fault}`);
    if (found.length === 0)
      console.log(
        `  ${drill.expected}, ${drill.expected === "deployed" ? "as it should be" : "service and cache as before"}`,
      );
    faults += found.length;
  }
  console.log(faults === 0 ? "\nall as it should be" : `\n${faults} things are wrong`);
  if (values.verify && faults > 0) process.exitCode = 1;
} finally {
  await service.stop();
}
