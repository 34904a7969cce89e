/** An issuer of tokens, as far as edges see it: an HTTP server that answers its key set, as a process of its own. */
import { once } from "node:events";
import { createServer } from "node:http";

process.once("message", async ({ port, keySet }: { readonly port: number; readonly keySet: object }) => {
  const body = JSON.stringify(keySet);
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": "application/json", "cache-control": "max-age=300" }).end(body);
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  process.send?.("listening");
});
// Whoever started it is gone.
process.once("disconnect", () => process.exit(0));
