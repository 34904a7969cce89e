/** `origin-app.ts` as a process: told where everything is, it listens, and says where. */
import { startOriginApp } from "./origin-app.ts";

type Told = { readonly variables: Readonly<Record<string, string>>; readonly poolSize: number };

process.once("message", async ({ variables, poolSize }: Told) => {
  const { url } = await startOriginApp(variables, poolSize);
  process.send?.(url);
});
// Whoever started it is gone.
process.once("disconnect", () => process.exit(0));
