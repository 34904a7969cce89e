import { AsyncLocalStorage } from "node:async_hooks";
import { Readable } from "node:stream";
import type { FastifyReply } from "fastify";
import { NDJSON_MEDIA_TYPE } from "#shared/route.ts";
import type { JsonSchema } from "./response-schemas.ts";

/** What a handler answers lines with. */
export type Batches = AsyncIterable<readonly Readonly<Record<string, unknown>>[]>;

/**
 * Sends values as NDJSON, asking for the next ones when the client has taken those before.
 * @param lineSchema compiled once for each object that it is
 */
export function sendLines(reply: FastifyReply, batches: Batches, lineSchema: JsonSchema): FastifyReply {
  const write = reply.compileSerializationSchema(lineSchema);
  async function* text() {
    for await (const values of batches) yield values.map((value) => `${write(value)}\n`).join("");
  }
  return reply.type(NDJSON_MEDIA_TYPE).send(Readable.from(inThisContext(text()), { highWaterMark: 1 }));
}

/** Runs a generator where it was made: its stream is read by whatever made room in the socket. */
function inThisContext<T>(generator: AsyncGenerator<T>): AsyncIterable<T> {
  const run = AsyncLocalStorage.snapshot();
  const iterator: AsyncIterator<T> = {
    next: () => run(() => generator.next()),
    return: () => run(() => generator.return(undefined)),
  };
  return { [Symbol.asyncIterator]: () => iterator };
}
