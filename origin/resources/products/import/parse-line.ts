import type { Money } from "#shared/money.ts";
import { ProductImportLine } from "#shared/resources/product-import.ts";
import { bodyValidator } from "#shared/validate.ts";
import { hasRepeatedMembers } from "../../../repeated-members.ts";
import { type ProductValues, productDefaults } from "../columns.ts";
import type { Line } from "./lines.ts";
import { readMoney } from "./money/read-money.ts";

/** A line that can be stored. Its category is still a path of names. */
export type ImportItem = {
  readonly line: number;
  readonly categoryPath: readonly string[];
  readonly values: Omit<ProductValues, "categoryId">;
};

/** Why a line is refused, as the report says it. */
export type LineFault = {
  readonly line: number;
  readonly pointer: string;
  readonly rule: string;
  readonly detail: string;
};

export type ParsedLine =
  | { readonly kind: "blank" }
  | { readonly kind: "item"; readonly item: ImportItem }
  | { readonly kind: "faults"; readonly faults: readonly LineFault[] };

const violationsOf = bodyValidator(ProductImportLine);
const utf8 = new TextDecoder("utf-8", { fatal: true });

export function parseLine({ number: line, bytes }: Line): ParsedLine {
  if (bytes === null) return refuse({ line, pointer: "", rule: "maxLength", detail: "is too long" });
  const text = decode(bytes);
  if (text === null) return refuse({ line, pointer: "", rule: "text", detail: "is not UTF-8" });
  if (text.trim() === "") return { kind: "blank" };
  const value = parseJson(text);
  if (value instanceof SyntaxError) return refuse({ line, pointer: "", rule: "json", detail: value.message });
  if (hasRepeatedMembers(text, value)) {
    return refuse({ line, pointer: "", rule: "repeated", detail: "a member is given more than once" });
  }
  const violations = violationsOf(value);
  if (violations.length > 0) {
    return refuse(...violations.map(({ pointer, rule, detail }) => ({ line, pointer, rule, detail })));
  }
  // The check above has established the type.
  return toItem(line, value as ProductImportLine);
}

/** A line says all of a product: what it leaves out has its default, also when the product exists. */
function toItem(line: number, given: ProductImportLine): ParsedLine {
  const faults: LineFault[] = [];
  const values = {
    ...productDefaults,
    sku: given.sku,
    name: given.name,
    description: given.description ?? productDefaults.description,
    brand: given.brand ?? productDefaults.brand,
    status: given.status ?? productDefaults.status,
    inStock: given.in_stock ?? productDefaults.inStock,
    attributes: given.attributes ?? productDefaults.attributes,
    imageUrl: given.image ?? productDefaults.imageUrl,
    price: readPrice("/price", given.price, given.currency, (fault) => faults.push({ line, ...fault })),
    listPrice: readPrice("/list_price", given.list_price, given.currency, (fault) =>
      faults.push({ line, ...fault }),
    ),
  };
  if (faults.length > 0) return { kind: "faults", faults };
  return { kind: "item", item: { line, categoryPath: given.category ?? [], values } };
}

/** A price in minor units, exactly; it is never rounded, and never without its currency. */
function readPrice(
  pointer: string,
  text: string | null | undefined,
  currency: string | undefined,
  refuse: (fault: Omit<LineFault, "line">) => void,
): Money | null {
  if (text === undefined || text === null) return null;
  const reading = readMoney(text, currency);
  if (reading.kind === "money") return reading.money;
  const { rule, detail } = reading;
  refuse({ pointer: rule === "required" ? "/currency" : pointer, rule, detail });
  return null;
}

function refuse(...faults: LineFault[]): ParsedLine {
  return { kind: "faults", faults };
}

function decode(bytes: Buffer): string | null {
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return error;
  }
}
