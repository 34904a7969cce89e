import type { Check } from "./part.ts";

/** What a figure is held against. */
export type Bar =
  | { readonly kind: "at least" | "at most" | "exactly"; readonly value: number }
  /** Measured to be known; nothing is promised of it. */
  | { readonly kind: "none" };

export type Verdict = "holds" | "missed" | "void" | "-";

/** A share of idle CPU below which a run says nothing of the system: it had no room to work in. */
export const LEAST_IDLE = 0.15;

export function verdictOf({ figure, bar, void: reason }: Pick<Check, "figure" | "bar" | "void">): Verdict {
  if (bar.kind === "none") return "-";
  if (reason !== undefined || Number.isNaN(figure)) return "void";
  return holds(figure, bar.kind, bar.value) ? "holds" : "missed";
}

function holds(figure: number, kind: "at least" | "at most" | "exactly", value: number): boolean {
  switch (kind) {
    case "at least":
      return figure >= value;
    case "at most":
      return figure <= value;
    case "exactly":
      return figure === value;
  }
}

/** Whether everything that has a bar was measured and holds. */
export function allHold(checks: readonly Check[]): boolean {
  return checks.every((check) => ["holds", "-"].includes(verdictOf(check)));
}

/** Why a run with so much idle CPU (0 to 1) is void; undefined when it is not. */
export function voidFor(idle: number): string | undefined {
  return idle >= LEAST_IDLE ? undefined : `only ${Math.round(idle * 100)}% of the CPU was idle`;
}
