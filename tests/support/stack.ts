import { inject } from "vitest";
import type { Stack } from "./start-stack.ts";

declare module "vitest" {
  interface ProvidedContext {
    stack: Stack;
  }
}

/** The stack that this run of the tests shares. */
export function stack(): Stack {
  return inject("stack");
}
