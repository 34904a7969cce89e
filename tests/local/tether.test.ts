import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { commandOf } from "#scripts/local/processes.ts";
import { tether } from "#scripts/local/tether.ts";

const SAY_PID_AND_STAY = ["-c", "echo $$; exec sleep 1000"];

// Not `kill(pid, 0)`: it also finds what has ended and was never reaped, as in a container without init.
const isAlive = (pid: number) => commandOf(pid) !== null;

async function firstLine(stream: NodeJS.ReadableStream | null): Promise<string> {
  if (stream === null) throw new Error("there is no output");
  const [line]: string[] = await once(createInterface({ input: stream }), "line");
  return line ?? "";
}

test("a tethered program ends when its keeper is killed in the rudest way", async () => {
  const keeper: ChildProcess = spawn(process.execPath, [
    "--input-type=module",
    "--eval",
    `import { tether } from "./scripts/local/tether.ts";
     tether("sh", ${JSON.stringify(SAY_PID_AND_STAY)}).output[0].pipe(process.stdout);`,
  ]);
  const pid = Number(await firstLine(keeper.stdout));
  // While it becomes `sleep`, it has no command for a moment.
  await expect.poll(() => isAlive(pid)).toBe(true);
  keeper.kill("SIGKILL");
  await expect.poll(() => isAlive(pid), { timeout: 5_000 }).toBe(false);
});

test("even one that does not listen ends when its keeper is killed, after a while", async () => {
  const deaf = ["-c", "trap '' TERM; echo $$; while :; do sleep 0.05; done"];
  const keeper = spawn(process.execPath, [
    "--input-type=module",
    "--eval",
    `import { tether } from "./scripts/local/tether.ts";
     tether("sh", ${JSON.stringify(deaf)}, { orphanSeconds: 1 }).output[0].pipe(process.stdout);`,
  ]);
  const pid = Number(await firstLine(keeper.stdout));
  keeper.kill("SIGKILL");
  await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
});

test("it is asked to end with the signal it understands, and its exit code is told", async () => {
  const program = tether("sh", ["-c", "trap 'exit 7' TERM; echo ready; while :; do sleep 0.05; done"]);
  expect(await firstLine(program.output[0])).toBe("ready");
  await program.stop();
  expect(await program.exited).toBe(7);
});

test("one that does not listen is killed when patience ends", async () => {
  const program = tether("sh", ["-c", "trap '' TERM; echo $$; while :; do sleep 0.05; done"]);
  const pid = Number(await firstLine(program.output[0]));
  await program.stop(200);
  await expect.poll(() => isAlive(pid)).toBe(false);
});

test("a program that is not there shows in its exit code", async () => {
  expect(await tether("no-such-program", []).exited).toBe(127);
});
