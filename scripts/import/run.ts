import { statSync } from "node:fs";
import { basename, resolve } from "node:path";
import { dataFolder, findSession } from "#scripts/local/data-folder.ts";
import { developmentToken } from "#scripts/local/development-token.ts";
import { StartError } from "#scripts/local/start-error.ts";
import { counted } from "#scripts/local/table.ts";
import { createClient } from "#shared/client.ts";
import type { Import } from "#shared/resources/import-schemas.ts";
import type { ImportArguments } from "./options.ts";
import { partsOf } from "./parts.ts";
import { createProgress, type Progress } from "./progress.ts";
import { beginImport, completeImport, errorsOf, findImport, type ImportClient, sendPart } from "./send.ts";

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
  try {
    const begun = await (args.resume === null
      ? beginImport(client, basename(path).slice(-MAX_NAME))
      : findImport(client, args.resume));
    progress.report(`import ${begun.id}`);
    const firstLines = await sendParts(client, begun, path, progress);
    const { id, received, created, updated, failed } = await completeImport(
      client,
      begun.id,
      firstLines.length,
    );
    if (failed > 0) await reportErrors(client, id, args.file, firstLines, progress);
    progress.end();
    output.write(
      `${counted(received, "product")}: ${created} created, ${updated} updated, ${failed} refused\n`,
    );
    return failed > 0 ? 1 : 0;
  } finally {
    progress.end();
  }
}

const MAX_NAME = 200;

/** @returns the number of each part's first line in the file */
async function sendParts(
  client: ImportClient,
  { id: importId, parts }: Import,
  path: string,
  progress: Progress,
): Promise<number[]> {
  const complete = new Set(parts.filter((part) => part.complete).map((part) => part.number));
  const onWait = (seconds: number, why: string) => progress.report(`waiting ${seconds} s: ${why}`);
  const firstLines: number[] = [];
  let doneBytes = 0;
  let doneLines = 0;
  progress.advance(0, 0);
  for await (const { firstLine, lines, body } of partsOf(path)) {
    const number = firstLines.push(firstLine);
    if (!complete.has(number)) await sendPart(client, { importId, number }, body, onWait);
    doneBytes += body.length;
    doneLines += lines;
    progress.advance(doneBytes, doneLines);
  }
  return firstLines;
}

async function reportErrors(
  client: ImportClient,
  importId: string,
  file: string,
  firstLines: readonly number[],
  progress: Progress,
): Promise<void> {
  for await (const { part, line, pointer, detail } of errorsOf(client, importId)) {
    const place = [file, (firstLines[part - 1] ?? 1) + line - 1].join(":");
    // A detail may quote the file, which may hold what a terminal would obey.
    const said = [place, pointer, detail].filter((item) => item !== "").join(": ");
    progress.report(said.replace(/\p{Cc}/gu, ""));
  }
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
