import { type PartProcess, startPartProcess } from "./part-process.ts";

/** The origin's HTTP interface as a process of its own, which can die in the middle of anything. */
export type OriginAppProcess = Pick<PartProcess, "kill" | "ended"> & { readonly url: string };

/** Resolves when it listens; it has not connected to the database by then. */
export async function loadOriginAppProcess(
  variables: Readonly<Record<string, string>>,
  poolSize: number,
): Promise<OriginAppProcess> {
  const { kill, ended, said } = await startPartProcess("originApp", { variables, poolSize });
  return { kill, ended, url: String(said) };
}
