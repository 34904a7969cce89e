/** Redis with its REST endpoint as a process of its own; forgets everything when it dies. */
import { startRedis } from "#scripts/local/redis.ts";

process.once("message", async ({ port, token }: { readonly port: number; readonly token: string }) => {
  await startRedis({ port, token, kind: "in process" });
  process.send?.("listening");
});
// Whoever started it is gone.
process.once("disconnect", () => process.exit(0));
