import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { StartError } from "#scripts/local/start-error.ts";
import { type Client, ProblemError } from "#shared/client.ts";
import type { GatehouseContract } from "#shared/contract.ts";
import type { Import, ImportPart } from "#shared/resources/import-schemas.ts";

/** Calls of the API, with refusals in a sentence. */

export type ImportClient = Pick<
  Client<GatehouseContract>,
  "createImport" | "getImport" | "sendImportPart" | "completeImport" | "listImportErrors"
>;

const PASSING: readonly number[] = [429, 502, 503, 504];
const MAX_ATTEMPTS = 10;
const DEFAULT_WAIT_SECONDS = 2;

/** @throws StartError when the API cannot be reached or refuses */
export async function beginImport(client: ImportClient, name: string): Promise<Import> {
  return (await told(client.createImport({ body: { name }, idempotencyKey: randomUUID() }))).body;
}

/** @throws StartError when the API cannot be reached or refuses */
export async function findImport(client: ImportClient, importId: string): Promise<Import> {
  return (await told(client.getImport({ params: { importId } }))).body;
}

/** @throws StartError when the API cannot be reached or refuses */
export async function completeImport(client: ImportClient, importId: string, parts: number): Promise<Import> {
  return (await told(client.completeImport({ params: { importId }, body: { parts } }))).body;
}

/**
 * Sends one part: again when the API is busy or the connection breaks, for it goes on where it stands.
 * @param onWait told before another attempt
 * @throws StartError when the API refuses the part, or does not come back
 */
export async function sendPart(
  client: ImportClient,
  params: { readonly importId: string; readonly number: number },
  body: Uint8Array,
  onWait: (seconds: number, why: string) => void,
): Promise<ImportPart> {
  for (let attempt = 1; ; attempt++) {
    try {
      return (await client.sendImportPart({ params, body })).body;
    } catch (error) {
      if (!isPassing(error) || attempt === MAX_ATTEMPTS) throw explained(error);
      const seconds = (error instanceof ProblemError && error.retryAfterSeconds) || DEFAULT_WAIT_SECONDS;
      onWait(seconds, explained(error).message);
      await delay(seconds * 1000);
    }
  }
}

export type LineError = {
  readonly part: number;
  readonly line: number;
  readonly pointer: string;
  readonly detail: string;
};

/** The errors that were kept, page by page. @throws StartError when the API cannot be reached or refuses */
export async function* errorsOf(client: ImportClient, importId: string): AsyncGenerator<LineError> {
  let cursor: string | null = null;
  do {
    const query: { pageSize: number; cursor?: string } = {
      pageSize: 100,
      ...(cursor !== null && { cursor }),
    };
    const { data, meta } = (await told(client.listImportErrors({ params: { importId }, query }))).body;
    yield* data;
    cursor = meta.nextCursor;
  } while (cursor !== null);
}

async function told<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw explained(error);
  }
}

function isPassing(error: unknown): boolean {
  return !(error instanceof ProblemError) || PASSING.includes(error.status);
}

function explained(error: unknown): StartError {
  if (error instanceof ProblemError) {
    const { status, message, document } = error;
    const requestId = document === null ? "" : ` (request ${document.requestId})`;
    return new StartError(`The API refuses the import with ${status}: ${message}${requestId}`);
  }
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
  return new StartError(`The API cannot be reached (${cause}): is \`npm run dev\` running?`);
}
