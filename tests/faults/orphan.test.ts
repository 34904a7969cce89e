import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { commandOf } from "#scripts/local/processes.ts";
import { stack } from "#tests/support/stack.ts";

/** As `npm run dev` starts it: tethered, with its output in a pipe of the process that started it. */
const KEEPER = `
  import { tether } from "./scripts/local/tether.ts";
  const start = 'echo $$; exec "$0" origin/server.ts';
  const { output } = tether("sh", ["-c", start, process.execPath], { env: process.env });
  output[0].pipe(process.stdout);`;

test("an origin ends within seconds when what started it is killed, though it has lines to log", async () => {
  const keeper = spawn(process.execPath, ["--input-type=module", "--eval", KEEPER], {
    env: { ...process.env, ...stack().originVariables, LOG_LEVEL: "info" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = createInterface({ input: keeper.stdout })[Symbol.asyncIterator]();
  const pid = Number((await lines.next()).value);
  let url = "";
  while (url === "") {
    const line = JSON.parse((await lines.next()).value ?? "{}");
    if (line.msg === "listening") url = line.url;
  }
  expect(commandOf(pid)).not.toBeNull();

  // Each request is refused, and logged; until it is gone, so that there is always a line waiting.
  const ask = async (): Promise<void> => {
    const answered = await fetch(url).then(
      (answer) => answer.text(),
      () => null,
    );
    if (answered !== null) await ask();
  };
  const asking = ask();
  keeper.kill("SIGKILL");
  await expect.poll(() => commandOf(pid), { timeout: 10_000 }).toBeNull();
  await asking;
});
