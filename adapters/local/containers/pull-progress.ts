import { boundedText } from '#core/workbench/truncate-utf8.ts';
import type { EngineEvent } from './engine-messages.ts';

/** The longest detail, in bytes: the contract of a task's observation has room for 200 characters. */
const LONGEST_DETAIL = 160;
const MIB = 1024 * 1024;
/** A layer that says no more how much there is of it has been fetched. */
const FETCHED = /complete|already exists|verifying|extracting/i;

interface Layer {
  readonly current: number;
  readonly total: number;
  readonly fetched: boolean;
}

/** How far a pull is, put together from what an engine says of each layer. */
export class PullProgress {
  readonly #image: string;
  readonly #layers = new Map<string, Layer>();

  constructor(image: string) {
    this.#image = image;
  }

  /** Layers heard of so far. */
  get layers(): number {
    return this.#layers.size;
  }

  take({ id, status = '', progressDetail }: EngineEvent): void {
    // Without a layer, or with the tag as its id: it speaks of the whole.
    if (id === undefined || /^pulling from/i.test(status)) return;
    const known = this.#layers.get(id) ?? { current: 0, total: 0, fetched: false };
    const fetched = known.fetched || FETCHED.test(status);
    const { current = known.current, total = known.total } = fetched ? {} : (progressDetail ?? {});
    this.#layers.set(id, { current: fetched ? total : current, total, fetched });
  }

  /** For people: `pulling NAME: 3 of 8 layers, 120 of 400 MiB`. */
  get text(): string {
    const layers = [...this.#layers.values()];
    const image = boundedText(this.#image, LONGEST_DETAIL - 60);
    if (layers.length === 0) return `pulling ${image}`;
    const fetched = layers.filter((layer) => layer.fetched).length;
    const total = sum(layers.map((layer) => layer.total));
    const sizes =
      total === 0 ? '' : `, ${mib(sum(layers.map((layer) => layer.current)))} of ${mib(total)} MiB`;
    return `pulling ${image}: ${fetched} of ${layers.length} layers${sizes}`;
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}

function mib(bytes: number): number {
  return Math.round(bytes / MIB);
}
