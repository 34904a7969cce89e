import { v7 as uuidv7 } from "uuid";
import { seededRandom } from "../load/zipf.ts";

/** Products to be imported: as a feed's lines, and as the rows that they become. */

const WORDS = 5_000;
const DESCRIPTION_WORDS = 80;
const BRANDS = 200;

type Made = {
  readonly sku: string;
  readonly name: string;
  readonly description: string;
  readonly brand: string;
  readonly priceMinor: number;
};

/** @returns products of about 700 bytes, the same for the same seed */
export function makeProducts(count: number, seed: number): Made[] {
  const random = seededRandom(seed);
  const draw = (below: number) => Math.floor(random() * below);
  const word = () => `word${draw(WORDS).toString(36)}`;
  return Array.from({ length: count }, (_, index) => ({
    sku: `FEED-${index}`,
    name: `${word()} ${word()} ${index}`,
    description: Array.from({ length: DESCRIPTION_WORDS }, word).join(" "),
    brand: `Brand ${draw(BRANDS)}`,
    priceMinor: draw(100_000),
  }));
}

/** One line of NDJSON. */
export function lineOf({ priceMinor, ...product }: Made): string {
  const price = (priceMinor / 100).toFixed(2);
  return `${JSON.stringify({ ...product, price, currency: "EUR", attributes: { Colour: "Grey" } })}\n`;
}

export const COPIED_COLUMNS =
  "tenant_id, id, sku, name, description, brand, status, price_minor, price_currency, in_stock, attributes";

/** One line of `COPY (COPIED_COLUMNS) FROM STDIN`; nothing in it needs an escape. */
export function rowOf(tenant: string, { sku, name, description, brand, priceMinor }: Made): string {
  const values = [tenant, uuidv7(), sku, name, description, brand, "active", priceMinor, "EUR", "true"];
  return `${values.join("\t")}\t{"Colour": "Grey"}\n`;
}
