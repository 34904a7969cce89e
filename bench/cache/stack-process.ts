import { fillShop, startPartsProcess } from "../parts-process.ts";
import type { BenchEdge, BenchStack } from "./part.ts";

/** Four edges and one for writes, with a catalogue. */

const PRODUCTS = 101_000;
const EDGES = 4;

const parts = await startPartsProcess();
const token = await fillShop(parts, PRODUCTS);
const edges: BenchEdge[] = [];
for (let i = 0; i < EDGES; i++) edges.push(await parts.addEdge());
const { opsUrl, ownerUrl } = parts.stack;
const writer = await parts.addEdge();
parts.tell({ edges, writer, opsUrl, ownerUrl, token } satisfies BenchStack);
