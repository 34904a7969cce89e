import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** Resident memory of other processes, in bytes: /proc on Linux, `ps` elsewhere. */
export function residentBytes(pids: readonly number[]): number {
  const of = process.platform === "linux" ? fromProc : fromPs;
  return pids.reduce((sum, pid) => sum + of(pid), 0) * 1024;
}

function fromProc(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}

function fromPs(pid: number): number {
  return Number(execFileSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" }));
}
