import { WorkbenchConnectionError } from '#clients/typescript/src/errors.ts';

/** Whether the server responds. Every request of the page reports its outcome here. */
export class Connection {
  readonly #listeners = new Set<() => void>();
  #isGone = false;

  get isGone(): boolean {
    return this.#isGone;
  }

  /** @param error of the request; undefined: the server has responded */
  report(error?: unknown): void {
    const isGone = error instanceof WorkbenchConnectionError;
    // Another error is a response.
    if (isGone === this.#isGone) return;
    this.#isGone = isGone;
    for (const listener of this.#listeners) listener();
  }

  /** Calls the listener after each change. Returns a function that ends it. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
