import { randomUUID } from "node:crypto";
import postgres from "postgres";
import { stack } from "#tests/support/stack.ts";

export type ScratchDatabase = { readonly url: string; readonly drop: () => Promise<void> };

/** An empty database on the shared server, for tests that kill its connections. */
export async function scratchDatabase(): Promise<ScratchDatabase> {
  const { ownerUrl } = stack();
  const name = `scratch_${randomUUID().replaceAll("-", "")}`;
  const admin = postgres(ownerUrl, { max: 1, onnotice: () => {} });
  await admin`create database ${admin(name)}`;
  const url = new URL(ownerUrl);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    drop: async () => {
      await admin`drop database ${admin(name)} with (force)`;
      await admin.end();
    },
  };
}
