import { endToEnd, type Field } from "#edge/http-cache/fields.ts";

/** Goes with a request through the worker: the exchange's id, and the method if workerd knows it not. */
export const RELAY_HEADER = "gatehouse-relay";
/** On an answer that the relay made up because the upstream gave none. */
export const RELAY_FAILURE_HEADER = "gatehouse-relay-failure";

/** Raw header pairs as they came, less those that concern one connection (RFC 9110 §7.6.1). */
export function endToEndHeaders(rawHeaders: readonly string[]): string[] {
  const lowered: Field[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    lowered.push([(rawHeaders[i] ?? "").toLowerCase(), rawHeaders[i + 1] ?? ""]);
  }
  const kept = new Set(endToEnd(lowered).map(([name]) => name));
  return filtered(rawHeaders, (name) => kept.has(name) && name !== RELAY_HEADER);
}

export function withoutHeaders(rawHeaders: readonly string[], names: readonly string[]): string[] {
  return filtered(rawHeaders, (name) => !names.includes(name));
}

function filtered(rawHeaders: readonly string[], keeps: (name: string) => boolean): string[] {
  const kept: string[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const [name = "", value = ""] = [rawHeaders[i], rawHeaders[i + 1]];
    if (keeps(name.toLowerCase())) kept.push(name, value);
  }
  return kept;
}

/**
 * HTTP allows any byte in a header value (`obs-text`, RFC 9110 §5.5), workerd takes values for UTF-8 and spoils
 * what is none. So each byte goes through it as the character of its number, in UTF-8.
 */
export function forWorkerd(rawHeaders: readonly string[]): string[] {
  return recoded(rawHeaders, "utf8", "latin1");
}

/** Back to the bytes that `forWorkerd` was given. */
export function fromWorkerd(rawHeaders: readonly string[]): string[] {
  return recoded(rawHeaders, "latin1", "utf8");
}

const BEYOND_ASCII = /[\u0080-\u00ff]/;

/** Node reads and writes headers as Latin-1. */
function recoded(rawHeaders: readonly string[], from: BufferEncoding, to: BufferEncoding): string[] {
  return rawHeaders.map((text) => (BEYOND_ASCII.test(text) ? Buffer.from(text, from).toString(to) : text));
}
