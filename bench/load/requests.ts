import { productId } from "../contestants/product.ts";
import type { Job, Mixture } from "./job.ts";
import { seededRandom, zipfSampler } from "./zipf.ts";

/** What stands for a product's id in a mixture's requests. */
export const ID_SLOT = "{id}";

/** @returns what gives the requests of a job, one after the other, as bytes */
export function requestsOf({ requests }: Pick<Job, "requests">): () => Buffer {
  return "read" in requests ? mixed(requests) : inTurn(requests);
}

function inTurn(texts: readonly string[]): () => Buffer {
  const requests = texts.map((text) => Buffer.from(text, "latin1"));
  let turn = 0;
  return () => requests[turn++ % requests.length] ?? Buffer.alloc(0);
}

function mixed({ read, write, keys, exponent, writeShare, seed }: Mixture): () => Buffer {
  const random = seededRandom(seed);
  const draw = zipfSampler(keys, exponent, random);
  return function next() {
    const text = random() < writeShare ? write : read;
    return Buffer.from(text.replace(ID_SLOT, productId(draw())), "latin1");
  };
}
