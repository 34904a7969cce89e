import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { report } from "./repository.ts";

/** The Worker's bundle as `npm run build:edge` left it stays under its limit, gzipped. */

const BUNDLE = "dist/edge/worker.js";
const LIMIT_BYTES = 300_000;

const bytes = gzipSync(readFileSync(BUNDLE)).length;
const size = `${BUNDLE} has ${(bytes / 1000).toFixed(1)} KB gzipped, of ${LIMIT_BYTES / 1000} KB`;
report("bundle", bytes < LIMIT_BYTES ? [] : [size], size);
