import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";

/** What a process logs through a pipe, whoever reads it. */
const logging = (script: string) =>
  spawn(
    process.execPath,
    [
      "--input-type=module",
      "--eval",
      `import { logDestination } from "./origin/log-destination.ts";
       const log = logDestination(1);
       const line = (n) => JSON.stringify({ n, text: "x".repeat(200) }) + "\\n";
       ${script}`,
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );

const linesOf = (all: string): { n?: number; dropped?: number }[] =>
  all
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));

test("what was logged just before the end is written", async () => {
  const child = logging("log.write(line(1)); log.write(line(2)); process.exit(0);");
  expect(linesOf(await text(child.stdout)).map(({ n }) => n)).toEqual([1, 2]);
});

test("a process whose log nobody reads any more goes on, and ends when it should", async () => {
  const child = logging(`
    let n = 0;
    setInterval(() => log.write(line(n++)), 1);
    setTimeout(() => process.exit(7), 500);`);
  child.stdout.destroy();
  const [code] = await once(child, "exit");
  expect(code).toBe(7);
});

test("lines of the last moment do not keep it from ending either", async () => {
  const child = logging(`
    process.on("SIGTERM", () => { log.write(line(1)); process.exit(7); });
    log.write("ready\\n");
    setInterval(() => {}, 1_000);`);
  await once(child.stdout, "data");
  child.stdout.destroy();
  await once(child.stdout, "close");
  child.kill("SIGTERM");
  const [code] = await once(child, "exit");
  expect(code).toBe(7);
});

test("a reader that is too slow loses lines, of which it is told how many, and no other order", async () => {
  const count = 20_000;
  const child = logging(`
    for (let n = 0; n < ${count}; n++) log.write(line(n));
    setTimeout(() => log.write(line(${count})), 1_000);
    setTimeout(() => process.exit(0), 2_000);`);
  // Until here the pipe is full.
  await new Promise((resolve) => setTimeout(resolve, 500));
  const lines = linesOf(await text(child.stdout));
  const numbers = lines.flatMap(({ n }) => (n === undefined ? [] : [n]));
  const dropped = lines.reduce((sum, line) => sum + (line.dropped ?? 0), 0);
  expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
  expect(dropped).toBeGreaterThan(0);
  expect(numbers.length + dropped).toBe(count + 1);
});
