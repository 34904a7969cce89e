import { EnvironmentError } from "#shared/environment.ts";

/** A part that cannot start, for a reason the user can do something about: the message is for them. */
export class StartError extends Error {
  override readonly name = "StartError";
}

/** What to print for whatever was thrown: one line for what is expected, the stack for what is not. */
export function explain(error: unknown): string {
  if (error instanceof StartError || error instanceof EnvironmentError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
