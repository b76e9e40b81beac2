import type { Workbench } from '#core/workbench/workbench.ts';
import { FAULT_DESCRIPTIONS, type Fault } from '../invocation.ts';
import type { Kernel } from '../kernel.ts';

/** The maximum number of log lines. Older lines are dropped. */
const LOG_LINES_MAX = 400;

/** The result of one schedule. */
export class ScheduleResult {
  readonly #kernel: Kernel;
  readonly #startedAt: number;
  readonly #captureLogLines: boolean;
  #traceHash = 0x811c9dc5;
  steps = 0;
  simulatedMs = 0;
  /** The count of numbers read from the tape during the fault phase. */
  drawsDuringFaults = 0;
  violation: Error | undefined;
  /** `from → to` → count. */
  readonly transitions = new Map<string, number>();
  /** `call fault` → count. */
  readonly faults = new Map<string, number>();
  /** Hazard → how often it happened. */
  hazards: ReadonlyMap<string, number> = new Map();
  readonly logLines: string[] = [];

  constructor(kernel: Kernel, captureLogLines: boolean) {
    this.#kernel = kernel;
    this.#startedAt = kernel.now();
    this.#captureLogLines = captureLogLines;
  }

  /** A hash of all calls and transitions with their times. Two runs of the same schedule must have the same hash. */
  get traceHash(): number {
    return this.#traceHash >>> 0;
  }

  recordCall(invocation: string, call: string, fault: Fault): void {
    this.#hash(`${invocation} ${call} ${fault}`);
    if (fault !== 'none') increment(this.faults, `${call} ${fault}`);
    if (this.#captureLogLines) this.log(`${invocation} calls ${call}${describeFault(fault)}`);
  }

  recordTransition(record: Workbench, before: Workbench['status'] | undefined): void {
    this.#hash(`${record.workbenchId} ${record.revision} ${record.status}`);
    if (before === record.status) return;
    increment(this.transitions, `${before ?? 'none'} → ${record.status}`);
    const reason = 'reason' in record && record.reason ? ` (${record.reason.code})` : '';
    this.log(`record of ${record.workbenchId}: ${before ?? 'none'} → ${record.status}${reason}`);
  }

  recordRemoval(workbenchId: string): void {
    increment(this.transitions, 'deleting → none');
    this.log(`record of ${workbenchId}: deleted`);
  }

  recordVisit(line: string): void {
    this.#hash(line);
    this.log(line);
  }

  log(line: string): void {
    if (!this.#captureLogLines) return;
    const seconds = ((this.#kernel.now() - this.#startedAt) / 1000).toFixed(3).padStart(10);
    this.logLines.push(`${seconds} s  ${line}`);
    if (this.logLines.length > LOG_LINES_MAX) this.logLines.shift();
  }

  finish(now: number): void {
    this.simulatedMs = now - this.#startedAt;
    this.#hash(`${this.violation?.message ?? 'no violation'} ${now}`);
  }

  #hash(text: string): void {
    const line = `${this.#kernel.now()} ${text}`;
    let hash = this.#traceHash;
    for (let i = 0; i < line.length; i += 1) hash = Math.imul(hash ^ line.charCodeAt(i), 0x01000193);
    this.#traceHash = hash;
  }
}

/** For the log of a schedule. */
function describeFault(fault: Fault): string {
  return fault === 'none' ? '' : `. Fault ${fault}: ${FAULT_DESCRIPTIONS[fault]}`;
}

function increment(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
