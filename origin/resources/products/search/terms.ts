import { fold, WORD } from "#shared/words.ts";

/**
 * Text to the words it is found by: the same for what is stored and for what is asked.
 *
 * Scripts that put no spaces between words (Han, kana, Thai and its neighbours) are cut into pairs of
 * characters, as search engines do for want of a dictionary that both sides agree on: what is asked for
 * is then found wherever it stands.
 */

// By extensions: the long vowel of コーラ belongs to two scripts, and so to neither.
const UNSPACED =
  /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}]+/gu;

/** The longest word that is told from others by its end, in characters. */
const MAX_TERM = 64;
/** The most words that one product is found by. */
const MAX_TERMS = 2_000;

/** The words of a text, each once. */
export function termsOf(text: string): string[] {
  const terms = new Set<string>();
  for (const [run] of fold(text).matchAll(WORD)) {
    for (const part of partsOf(run)) terms.add(part);
    if (terms.size >= MAX_TERMS) break;
  }
  return [...terms];
}

function partsOf(run: string): string[] {
  const parts = run
    .split(UNSPACED)
    .filter((word) => word !== "")
    .map((word) => word.slice(0, MAX_TERM).toWellFormed());
  for (const [unspaced] of run.matchAll(UNSPACED)) parts.push(...pairsOf(unspaced));
  return parts;
}

/** 東京都 is found by 東京, 京都 and 都: every part of it begins one of these or is made of them. */
function pairsOf(unspaced: string): string[] {
  const characters = [...unspaced];
  return characters.map((character, at) => character + (characters[at + 1] ?? ""));
}

/** What a search looks for: all of `whole`, and a word that begins with `beginning`. */
export type Wanted = { readonly whole: readonly string[]; readonly beginning: string };

/** @returns null when the text has no word in it */
export function wantedOf(text: string): Wanted | null {
  const terms = termsOf(text);
  const beginning = terms.pop();
  return beginning === undefined ? null : { whole: terms, beginning };
}
