import type { Contract } from "#shared/route.ts";
import type { Answer } from "./answer.ts";
import { cacheTags } from "./cache-tags.ts";
import type { Question } from "./fill.ts";
import { storageControl } from "./storage-control.ts";

/**
 * The headers of an answer as a cache gets it: with how long it may be kept, and what it can be purged by.
 * `Cache-Tag` the cache consumes; `Cache-Control` is another one for clients.
 * @param version the Worker's, where versions share a cache
 */
export function storedHeaders(
  contract: Contract,
  question: Pick<Question, "operationId" | "partition" | "target">,
  answer: Pick<Answer, "status" | "headers">,
  version: string | null = null,
): Record<string, string> {
  const route = contract[question.operationId];
  if (route?.cache.kind !== "shared") throw new Error(`${question.operationId} is not cacheable`);
  return {
    ...answer.headers,
    "cache-control": storageControl(route.cache, answer),
    "cache-tag": cacheTags(route, question, version),
  };
}
