/** A rule that must always hold does not. */
export class BrokenRule extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'BrokenRule';
  }
}
