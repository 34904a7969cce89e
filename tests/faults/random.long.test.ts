import { expect, test } from "vitest";
import { runRandomFaults } from "./random/run.ts";

/** A minute of it; `npm run test:faults -- --random --minutes 10` takes its time. */
const SEED = 20_261_121;

test("no acknowledged write is lost or doubled under random faults", { timeout: 300_000 }, async () => {
  const tell = (line: string) => void process.stdout.write(`${line}\n`);
  const { faults, figures } = await runRandomFaults({ seed: SEED, durationMs: 60_000, tell });
  tell(figures);
  expect(faults, figures).toEqual([]);
});
