import { execFileSync } from "node:child_process";
import { counted } from "../local/table.ts";

/** Every file of the work tree that is tracked or could be: what the checks look at. */
export function repositoryFiles(): string[] {
  const list = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  return list.split("\0").filter((file) => file !== "");
}

/** Prints what a check found and sets the exit code. */
export function report(check: string, faults: readonly string[], looked: string): void {
  for (const fault of faults) console.error(`${check}: ${fault}`);
  console.log(faults.length === 0 ? `${check}: ${looked}` : `${check}: ${counted(faults.length, "fault")}`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}
