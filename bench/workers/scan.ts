import { scannedCache } from "../cache/scan.ts";

/** Fills the gateway's cache inside workerd: `/?from=0&to=10000`. */

const scan = scannedCache();

export default {
  async fetch(request: Request): Promise<Response> {
    const { searchParams } = new URL(request.url);
    return Response.json(await scan(Number(searchParams.get("from")), Number(searchParams.get("to"))));
  },
};
