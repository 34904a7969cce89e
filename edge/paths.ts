import { isCanonicalPath, MAX_TARGET_BYTES } from "#shared/canonical.ts";
import { Problem } from "#shared/problems.ts";
import type { Exchange } from "./exchange.ts";

export type Target = { readonly path: string; readonly search: string };

/** Path and query of a request, exactly as the client sent them: `new URL` would tidy them up. */
export function rawTarget(url: string): Target {
  const start = url.indexOf("/", url.indexOf("//") + 2);
  const end = url.indexOf("#", start);
  const target = end === -1 ? url.slice(start) : url.slice(start, end);
  const mark = target.indexOf("?");
  return mark === -1
    ? { path: target, search: "" }
    : { path: target.slice(0, mark), search: target.slice(mark + 1) };
}

/** Refuses whatever spelling of a path is not the only one, before anything looks at it. */
export function canonicalPath({ path, search }: Exchange): undefined {
  if (path.length + search.length >= MAX_TARGET_BYTES) {
    throw new Problem("uri-too-long", { detail: `the limit is ${MAX_TARGET_BYTES} bytes` });
  }
  if (!isCanonicalPath(path)) throw new Problem("non-canonical-path");
}
