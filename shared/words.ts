/** What two texts have in common that a search takes for the same. */

/** A word: letters, digits, the marks on them, and what joins names in programs. */
export const WORD = /[\p{L}\p{N}\p{M}_]+/gu;
/** Accents of Latin, Greek and Cyrillic; the marks of other scripts are letters to their readers. */
const ACCENTS = /[\u0300-\u036f]+/g;

/**
 * Without case, accents and variants of form (full width, ligatures): Unicode's NFKD. A sigma is a sigma, wherever
 * it stands: the end of what is typed so far is not the end of the word.
 */
export function fold(text: string): string {
  return text.normalize("NFKD").replace(ACCENTS, "").normalize("NFC").toLowerCase().replaceAll("ς", "σ");
}

/** What has no word in it, however it is written. */
const NO_WORDS = "-";

/**
 * The one spelling of a search: its words, folded, each once and in order, but for the last, which may be
 * the beginning of one.
 */
export function canonicalSearch(text: string): string {
  // Nothing stays nothing, for the schema to refuse.
  if (text === "") return "";
  const words = fold(text).match(WORD) ?? [];
  const last = words.pop();
  if (last === undefined) return NO_WORDS;
  const others = new Set(words.filter((word) => word !== last));
  return [...[...others].sort(), last].join(" ");
}

/** The one spelling of a list whose order and repetitions mean nothing. */
export function canonicalSet(list: string): string {
  return [...new Set(list.split(","))].sort().join(",");
}
