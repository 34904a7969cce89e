import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream";
import { endToEndHeaders } from "./raw-headers.ts";

/** Sends on an answer as it comes; one that Node would not write ends the connection instead. */
export function passOn(answer: IncomingMessage, response: ServerResponse): void {
  const { statusCode = 502, statusMessage, rawHeaders } = answer;
  try {
    response.writeHead(statusCode, statusMessage, endToEndHeaders(rawHeaders));
  } catch {
    response.destroy();
    return;
  }
  pipeline(answer, response, () => undefined);
}
