import { statSync } from "node:fs";
import { resolve } from "node:path";
import { dataFolder, findSession } from "#scripts/local/data-folder.ts";
import { developmentToken } from "#scripts/local/development-token.ts";
import { StartError } from "#scripts/local/start-error.ts";
import { createClient } from "#shared/client.ts";
import type { ProductImportReport } from "#shared/resources/product-import.ts";
import type { ImportArguments } from "./options.ts";
import { partsOf } from "./parts.ts";
import { createProgress } from "./progress.ts";
import { sendPart } from "./send.ts";

type Counts = Pick<ProductImportReport, "received" | "created" | "updated" | "failed">;

const TOKEN_SECONDS = 3_600;

/**
 * Sends the file, showing how far it is.
 * @returns the exit code: 1 when a line was refused
 */
export async function runImport(args: ImportArguments, output: NodeJS.WriteStream): Promise<number> {
  // npm changes to the package's folder; a relative path means where the user is.
  const path = resolve(process.env["INIT_CWD"] ?? process.cwd(), args.file);
  const totalBytes = sizeOf(path, args.file);
  if (totalBytes === 0) throw new StartError(`${args.file} is empty: there is nothing to import.`);
  const client = createClient(await targetOf(args));
  const progress = createProgress(output, totalBytes);
  const counts = { received: 0, created: 0, updated: 0, failed: 0 };
  let doneBytes = 0;
  let doneLines = 0;
  const onWait = (seconds: number, why: string) => progress.report(`waiting ${seconds} s: ${why}`);

  try {
    progress.advance(0, 0);
    for await (const part of partsOf(path)) {
      const report = await sendPart({ client, onWait }, part);
      for (const { line, pointer, detail } of report.errors) {
        const place = [args.file, part.firstLine + line - 1].join(":");
        // A detail may quote the file, which may hold what a terminal would obey.
        const said = [place, pointer, detail].filter((item) => item !== "").join(": ");
        progress.report(said.replace(/\p{Cc}/gu, ""));
      }
      addTo(counts, report);
      doneBytes += part.body.length;
      doneLines += part.lines;
      progress.advance(doneBytes, doneLines);
    }
  } finally {
    progress.end();
  }
  const { received, created, updated, failed } = counts;
  output.write(`${received} products: ${created} created, ${updated} updated, ${failed} refused\n`);
  return failed > 0 ? 1 : 0;
}

function addTo(counts: Record<keyof Counts, number>, report: Counts): void {
  counts.received += report.received;
  counts.created += report.created;
  counts.updated += report.updated;
  counts.failed += report.failed;
}

function sizeOf(path: string, name: string): number {
  try {
    const stats = statSync(path);
    if (stats.isFile()) return stats.size;
  } catch {
    throw new StartError(`${name} cannot be read: there is no such file.`);
  }
  throw new StartError(`${name} is not a file.`);
}

async function targetOf({
  url,
  token,
  tenant,
}: ImportArguments): Promise<{ baseUrl: string; token: string }> {
  const folder = dataFolder();
  const baseUrl = url ?? findSession(folder)?.edgeUrl;
  if (baseUrl === undefined) {
    throw new StartError("`npm run dev` is not running: start it, or name an API with --url and --token.");
  }
  if (token !== null) return { baseUrl, token };
  const minted = await developmentToken(
    folder,
    {
      tenant,
      scopes: ["catalog:read", "catalog:write"],
      subject: "import",
      clientId: `${tenant}-import`,
      lifetimeSeconds: TOKEN_SECONDS,
    },
    process.env["ENVIRONMENT"],
  );
  return { baseUrl, token: minted };
}
