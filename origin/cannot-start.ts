/** Thrown at the start when an operator has to put something right; the message says what, in a sentence. */
export class CannotStart extends Error {
  constructor(what: string, options?: ErrorOptions) {
    super(what, options);
    this.name = "CannotStart";
  }
}
