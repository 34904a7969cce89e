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
  return reply.type(NDJSON_MEDIA_TYPE).send(Readable.from(text(), { highWaterMark: 1 }));
}
