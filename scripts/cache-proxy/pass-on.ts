import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream";
import { endToEndHeaders } from "./raw-headers.ts";

/**
 * Sends on an answer as it comes; one that Node would not write ends the connection instead.
 * @param recode what becomes of its header values on the way
 */
export function passOn(
  answer: IncomingMessage,
  response: ServerResponse,
  recode: (rawHeaders: readonly string[]) => string[],
): void {
  const { statusCode = 502, statusMessage, rawHeaders } = answer;
  try {
    response.writeHead(statusCode, statusMessage, recode(endToEndHeaders(rawHeaders)));
  } catch {
    response.destroy();
    return;
  }
  pipeline(answer, response, () => undefined);
}
