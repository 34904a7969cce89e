import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** CPU time of other processes: /proc on Linux, `ps` elsewhere. */

/** Linux reports ticks of 10 ms to user space, whatever the kernel's own rate (time(7)). */
const TICKS_PER_SECOND = 100;

/** User and system time of the processes so far, in seconds. */
export function cpuSeconds(pids: readonly number[]): number {
  const of = process.platform === "linux" ? fromProc : fromPs;
  return pids.reduce((sum, pid) => sum + of(pid), 0);
}

/** The direct children of a process. */
export function childrenOf(pid: number): number[] {
  if (process.platform === "linux") {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").split(" ").filter(Boolean).map(Number),
    );
  }
  const table = execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" });
  const rows = table
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number));
  return rows.flatMap(([child = 0, parent]) => (parent === pid ? [child] : []));
}

function fromProc(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The second field, the program's name in parentheses, may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** `[[days-]hours:]minutes:seconds.hundredths`. */
function fromPs(pid: number): number {
  const text = execFileSync("ps", ["-o", "time=", "-p", String(pid)], { encoding: "utf8" }).trim();
  return text.split(/[-:]/).reduce((sum, part, index, parts) => {
    const isDays = text.includes("-") && index === 0 && parts.length > 1;
    return sum * (isDays ? 1 : index === 1 && text.includes("-") ? 24 : 60) + Number(part);
  }, 0);
}
