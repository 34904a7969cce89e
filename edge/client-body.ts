/** A client's body on its way to the origin, and whether it was the client that broke it off. */
export type ClientBody = {
  readonly stream: ReadableStream | null;
  /** Whether all of it has been passed on, as far as anyone can tell. */
  readonly isSent: () => boolean;
  /** To be asked once the origin could not be: to whoever sends a body on, both look the same. */
  readonly isBroken: () => Promise<boolean>;
};

/**
 * A stream that passes on what is written to it: so many bytes, and fails with fewer, so that
 * `Content-Length` is sent for it; or as many as there are (null).
 */
export type Passage = (bytes: number | null) => {
  readonly readable: ReadableStream;
  readonly writable: WritableStream;
};

/** A connection that has ended has told the body's stream so by then. */
const TELLS_WITHIN_MS = 20;

/**
 * Watches a body whose length is known. One without a length is passed on as it came: workerd ends it
 * properly towards the origin when a stream of its own stands between, however it ended here, and a
 * body that broke off would be taken for a whole one.
 */
export function clientBody(
  body: ReadableStream | null,
  contentLength: string | undefined,
  passage: Passage,
): ClientBody {
  if (body === null) return { stream: null, isSent: () => true, isBroken: async () => false };
  if (contentLength === undefined) return { stream: body, isSent: () => false, isBroken: async () => false };
  const { readable, writable } = passage(Number(contentLength));
  let isSent = false;
  // Not cancelled with the way to the origin, so that it can still tell how it is itself.
  const broke = body.pipeTo(writable, { preventCancel: true }).then(
    () => {
      isSent = true;
      return false;
    },
    () => hasFailed(body),
  );
  const isBroken = () => Promise.race([broke, delayed(false)]);
  return { stream: readable, isSent: () => isSent, isBroken };
}

function hasFailed(body: ReadableStream): Promise<boolean> {
  const ended = body.getReader().closed.then(
    () => false,
    () => true,
  );
  return Promise.race([ended, delayed(false)]);
}

function delayed(value: boolean): Promise<boolean> {
  return new Promise((resolve) => setTimeout(() => resolve(value), TELLS_WITHIN_MS));
}
