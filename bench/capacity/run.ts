import { readCommandLine } from "#scripts/local/command-line.ts";
import { checksAsText } from "../bars/report.ts";
import { allHold } from "../bars/verdict.ts";
import { progress } from "../report/progress.ts";
import { measureCpu } from "./measure-cpu.ts";
import { pageNow, withTables, write } from "./page.ts";
import { pictureOf } from "./picture.ts";
import { measureSmallCase } from "./small-case.ts";
import { allTables } from "./tables.ts";

const USAGE = `npm run capacity [-- --write | --measure [--seconds 60] | --cpu]

Simulates traffic of three sizes and prints what reaches the origin and Redis, and what it costs.
  --write    puts the tables into docs/capacity.md, with a picture
  --measure  runs the small case on real parts, beside what the simulator says of it; about two minutes
  --cpu      measures what a hit, a read and a write cost each tier, for bench/capacity/cost.ts; about a minute`;

const { values } = readCommandLine(USAGE, {
  options: {
    write: { type: "boolean", default: false },
    measure: { type: "boolean", default: false },
    cpu: { type: "boolean", default: false },
    seconds: { type: "string", default: "60" },
  },
});

if (values.cpu) {
  const measured = await measureCpu(progress);
  progress("");
  for (const [what, { edge, origin, database }] of Object.entries(measured)) {
    const [e, o, d] = [edge, origin, database].map((ms) => ms.toFixed(3));
    console.log(`${what}: edge ${e} ms, origin ${o} ms, database ${d} ms`);
  }
} else if (values.measure) {
  const checks = await measureSmallCase(Number(values.seconds), progress);
  progress("");
  const title = "A small case, measured and simulated";
  console.log(checksAsText({ name: "small", title, checks }));
  process.exitCode = allHold(checks) ? 0 : 1;
} else {
  const tables = allTables();
  console.log(tables);
  if (values.write) write(withTables(pageNow(), tables), pictureOf());
}
