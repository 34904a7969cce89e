import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { cpus } from "node:os";

/** CPU time of other processes: /proc on Linux, `ps` elsewhere. */

/** Linux reports ticks of 10 ms to user space, whatever the kernel's own rate (time(7)). */
const TICKS_PER_SECOND = 100;

/** User and system time of the processes so far, in seconds. */
export function cpuSeconds(pids: readonly number[]): number {
  const of = process.platform === "linux" ? fromProc : fromPs;
  return pids.reduce((sum, pid) => sum + of(pid), 0);
}

/**
 * The whole machine's idle share, from now on.
 * @returns what tells it, 0 to 1, for the time since
 */
export function idleShare(): () => number {
  const begun = machineTimes();
  return function sinceBegun() {
    const ended = machineTimes();
    return (ended.idle - begun.idle) / (ended.all - begun.all);
  };
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

/** In any unit. What a hypervisor gave to others counts as busy, waiting for a disk as idle. */
function machineTimes(): { idle: number; all: number } {
  if (process.platform !== "linux") {
    const all = cpus().flatMap(({ times }) => Object.values(times));
    return {
      idle: cpus().reduce((sum, { times }) => sum + times.idle, 0),
      all: all.reduce((a, b) => a + b, 0),
    };
  }
  const [line = ""] = readFileSync("/proc/stat", "utf8").split("\n", 1);
  // user nice system idle iowait irq softirq steal; guests are contained in user (proc_stat(5)).
  const times = line.trim().split(/\s+/).slice(1, 9).map(Number);
  const [, , , idle = 0, waiting = 0] = times;
  return { idle: idle + waiting, all: times.reduce((a, b) => a + b, 0) };
}

/** `[[days-]hours:]minutes:seconds.hundredths`. */
function fromPs(pid: number): number {
  const text = execFileSync("ps", ["-o", "time=", "-p", String(pid)], { encoding: "utf8" }).trim();
  return text.split(/[-:]/).reduce((sum, part, index, parts) => {
    const isDays = text.includes("-") && index === 0 && parts.length > 1;
    return sum * (isDays ? 1 : index === 1 && text.includes("-") ? 24 : 60) + Number(part);
  }, 0);
}
