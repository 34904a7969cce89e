import { OK, RedisError, type Reply, Status, toBytes, toText } from "./reply.ts";

/** Upstash's REST protocol: what is in a request, and how a reply is written. */

export type Encoding = "text" | "base64";

type Json = string | number | null | readonly Json[];
export type Envelope = { readonly result: Json } | { readonly error: string };

export function envelopeOf(reply: Reply, encoding: Encoding): Envelope {
  if (reply instanceof RedisError) return { error: toText(reply.message) };
  return { result: resultOf(reply, encoding) };
}

function resultOf(reply: Reply, encoding: Encoding): Json {
  if (reply === null || typeof reply === "number") return reply;
  // As Upstash does: the client's decoder leaves this one word alone.
  if (reply === OK.text || (reply instanceof Status && reply.text === OK.text)) return OK.text;
  if (typeof reply === "string") return encode(reply, encoding);
  if (reply instanceof Status) return encode(reply.text, encoding);
  if (reply instanceof RedisError) return toText(reply.message);
  return reply.map((item) => resultOf(item, encoding));
}

function encode(bytes: string, encoding: Encoding): string {
  return encoding === "base64" ? Buffer.from(bytes, "latin1").toString("base64") : toText(bytes);
}

/** One command as JSON has it, or null when it is none. */
export function commandOf(json: unknown): string[] | null {
  if (!Array.isArray(json) || json.length === 0 || !json.every(isArgument)) return null;
  return json.map((argument) => toBytes(String(argument)));
}

export function commandsOf(json: unknown): string[][] | null {
  if (!Array.isArray(json) || json.length === 0) return null;
  const commands = json.map(commandOf);
  return commands.every((command) => command !== null) ? commands : null;
}

function isArgument(value: unknown): value is string | number | boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}
