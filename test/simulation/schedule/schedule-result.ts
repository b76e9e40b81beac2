import type { Workbench } from '#core/workbench/workbench.ts';
import type { Fault } from '../invocation.ts';
import type { Kernel } from '../kernel.ts';

/** The last lines of a story that are kept. */
const LOG_LINES_MAX = 400;

/** What one schedule came to. */
export class ScheduleResult {
  readonly #kernel: Kernel;
  readonly #begin: number;
  readonly #captureLogLines: boolean;
  #traceHash = 0x811c9dc5;
  steps = 0;
  simulatedMs = 0;
  /** How many choices were made while things went wrong. */
  drawsDuringFaults = 0;
  violation: Error | undefined;
  /** `from → to` → how often. */
  readonly transitions = new Map<string, number>();
  /** `call fault` → how often. */
  readonly faults = new Map<string, number>();
  readonly logLines: string[] = [];

  constructor(kernel: Kernel, story: boolean) {
    this.#kernel = kernel;
    this.#begin = kernel.now();
    this.#captureLogLines = story;
  }

  /** A number that two runs of one schedule share if they did the same in the same order at the same times. */
  get traceHash(): number {
    return this.#traceHash >>> 0;
  }

  recordCall(invocation: string, call: string, fault: Fault): void {
    this.#hash(`${invocation} ${call} ${fault}`);
    if (fault !== 'none') increment(this.faults, `${call} ${fault}`);
    if (this.#captureLogLines) this.log(`${invocation}: ${call}${fault === 'none' ? '' : ` — ${fault}`}`);
  }

  recordTransition(record: Workbench, before: Workbench['status'] | undefined): void {
    this.#hash(`${record.workbenchId} ${record.revision} ${record.status}`);
    if (before === record.status) return;
    increment(this.transitions, `${before ?? 'none'} → ${record.status}`);
    const reason = 'reason' in record && record.reason ? ` (${record.reason.code})` : '';
    this.log(`record ${record.workbenchId}: ${before ?? 'none'} → ${record.status}${reason}`);
  }

  recordRemoval(workbenchId: string): void {
    increment(this.transitions, 'deleting → none');
    this.log(`record ${workbenchId}: deleted`);
  }

  log(line: string): void {
    if (!this.#captureLogLines) return;
    const seconds = ((this.#kernel.now() - this.#begin) / 1000).toFixed(3).padStart(10);
    this.logLines.push(`${seconds} s  ${line}`);
    if (this.logLines.length > LOG_LINES_MAX) this.logLines.shift();
  }

  finish(now: number): void {
    this.simulatedMs = now - this.#begin;
    this.#hash(`${this.violation?.message ?? 'well'} ${now}`);
  }

  #hash(text: string): void {
    const line = `${this.#kernel.now()} ${text}`;
    for (let i = 0; i < line.length; i += 1) {
      this.#traceHash = Math.imul(this.#traceHash ^ line.charCodeAt(i), 0x01000193);
    }
  }
}

function increment(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
