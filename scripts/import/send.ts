import { setTimeout as delay } from "node:timers/promises";
import { StartError } from "#scripts/local/start-error.ts";
import { type Client, ProblemError } from "#shared/client.ts";
import type { GatehouseContract } from "#shared/contract.ts";
import type { ProductImportReport } from "#shared/resources/product-import.ts";
import type { Part } from "./parts.ts";

const BUSY: readonly number[] = [429, 503];
const MAX_ATTEMPTS = 10;
const DEFAULT_WAIT_SECONDS = 2;

export type SendOptions = {
  readonly client: Pick<Client<GatehouseContract>, "importProducts">;
  /** Told when the API asks to wait. */
  readonly onWait: (seconds: number, why: string) => void;
};

/**
 * Imports one part. Lines are matched by SKU, so sending a part again changes nothing: it is, when
 * the API says that it is busy.
 * @throws StartError when the API cannot be reached or refuses the whole part
 */
export async function sendPart(
  { client, onWait }: SendOptions,
  { body }: Part,
): Promise<ProductImportReport> {
  for (let attempt = 1; ; attempt++) {
    try {
      return (await client.importProducts({ body })).body;
    } catch (error) {
      if (!(error instanceof ProblemError)) throw unreachable(error);
      if (!BUSY.includes(error.status) || attempt === MAX_ATTEMPTS) throw refused(error);
      const seconds = error.retryAfterSeconds ?? DEFAULT_WAIT_SECONDS;
      onWait(seconds, error.message);
      await delay(seconds * 1000);
    }
  }
}

function unreachable(error: unknown): StartError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
  return new StartError(`The API cannot be reached (${cause}): is \`npm run dev\` running?`);
}

function refused({ status, message, document }: ProblemError): StartError {
  const requestId = document === null ? "" : ` (request ${document.requestId})`;
  return new StartError(`The API refuses the import with ${status}: ${message}${requestId}`);
}
