import type { Workbench } from '#core/workbench/workbench.ts';
import type { Fault } from '../invocation.ts';
import type { Kernel } from '../kernel.ts';

/** The last lines of a story that are kept. */
const LINES_MAX = 400;

/** What one schedule came to. */
export class Outcome {
  readonly #kernel: Kernel;
  readonly #begin: number;
  readonly #story: boolean;
  #trace = 0x811c9dc5;
  steps = 0;
  virtualMs = 0;
  /** How many choices were made while things went wrong. */
  drawn = 0;
  broken: Error | undefined;
  /** `from → to` → how often. */
  readonly transitions = new Map<string, number>();
  /** `call fault` → how often. */
  readonly faults = new Map<string, number>();
  readonly lines: string[] = [];

  constructor(kernel: Kernel, story: boolean) {
    this.#kernel = kernel;
    this.#begin = kernel.now();
    this.#story = story;
  }

  /** A number that two runs of one schedule share if they did the same in the same order at the same times. */
  get trace(): number {
    return this.#trace >>> 0;
  }

  called(invocation: string, call: string, fault: Fault): void {
    this.#mark(`${invocation} ${call} ${fault}`);
    if (fault !== 'none') count(this.faults, `${call} ${fault}`);
    if (this.#story) this.tell(`${invocation}: ${call}${fault === 'none' ? '' : ` — ${fault}`}`);
  }

  moved(record: Workbench, before: Workbench['status'] | undefined): void {
    this.#mark(`${record.workbenchId} ${record.revision} ${record.status}`);
    if (before === record.status) return;
    count(this.transitions, `${before ?? 'nothing'} → ${record.status}`);
    const reason = 'reason' in record && record.reason ? ` (${record.reason.code})` : '';
    this.tell(`record ${record.workbenchId}: ${before ?? 'nothing'} → ${record.status}${reason}`);
  }

  gone(workbenchId: string): void {
    count(this.transitions, 'deleting → nothing');
    this.tell(`record ${workbenchId}: removed`);
  }

  tell(line: string): void {
    if (!this.#story) return;
    const seconds = ((this.#kernel.now() - this.#begin) / 1000).toFixed(3).padStart(10);
    this.lines.push(`${seconds} s  ${line}`);
    if (this.lines.length > LINES_MAX) this.lines.shift();
  }

  end(now: number): void {
    this.virtualMs = now - this.#begin;
    this.#mark(`${this.broken?.message ?? 'well'} ${now}`);
  }

  #mark(text: string): void {
    const line = `${this.#kernel.now()} ${text}`;
    for (let i = 0; i < line.length; i += 1) {
      this.#trace = Math.imul(this.#trace ^ line.charCodeAt(i), 0x01000193);
    }
  }
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
