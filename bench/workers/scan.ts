import { scannedCache } from "../cache/scan.ts";

/** Fills the gateway's cache inside workerd: `/?from=0&to=10000`. Run with V8's `--expose-gc`. */

declare const gc: () => void;

const scan = scannedCache();

export default {
  async fetch(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/collect") {
      gc();
      return new Response();
    }
    const { bytes, entries } = await scan(Number(searchParams.get("from")), Number(searchParams.get("to")));
    return new Response(`${bytes} ${entries}`);
  },
};
