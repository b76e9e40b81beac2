/**
 * Lets the test advance the clock of the controller, of the gate and of code-server, which have loaded this file: their time is that of the
 * system, and the milliseconds in the file FAST_CLOCK. Long timers follow it. Short ones do not: with them the processes watch over one
 * another. FAST_CLOCK_TIMERS_MS says which are long.
 */
import childProcess from 'node:child_process';
import { readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const LONG_MS = Number(process.env.FAST_CLOCK_TIMERS_MS ?? 5000);
const STEP_MS = 20;
const LOADED = `--import=${import.meta.url}`;

const file = process.env.FAST_CLOCK ?? '';
const RealDate = Date;
const realSetTimeout = globalThis.setTimeout;
const realClearTimeout = globalThis.clearTimeout;
const realSetInterval = globalThis.setInterval;
const realElapsed = performance.now.bind(performance);

let offset = 0;
let readAt = Number.NEGATIVE_INFINITY;
function readOffset() {
  const now = realElapsed();
  if (now - readAt < STEP_MS / 2) return offset;
  readAt = now;
  offset = Number(readFileSync(file, 'utf8'));
  return offset;
}

globalThis.Date = class extends RealDate {
  constructor(...values) {
    if (values.length === 0) super(RealDate.now() + readOffset());
    else super(...values);
  }
  static now() {
    return RealDate.now() + readOffset();
  }
};
performance.now = () => realElapsed() + readOffset();

class LongTimer {
  /** @param repeats whether it begins again each time */
  constructor(ms, action, repeats) {
    let dueAt = performance.now() + ms;
    const wait = () => {
      const isDue = performance.now() >= dueAt;
      if (isDue) dueAt = performance.now() + ms;
      if (repeats || !isDue) this.timer = realSetTimeout(wait, STEP_MS);
      if (isDue) action();
    };
    this.timer = realSetTimeout(wait, STEP_MS);
  }
  ref() {
    return this;
  }
  unref() {
    this.timer.unref();
    return this;
  }
}
globalThis.setTimeout = (action, ms, ...values) =>
  ms >= LONG_MS ? new LongTimer(ms, () => action(...values), false) : realSetTimeout(action, ms, ...values);
globalThis.setInterval = (action, ms, ...values) =>
  ms >= LONG_MS ? new LongTimer(ms, () => action(...values), true) : realSetInterval(action, ms, ...values);
globalThis.clearTimeout = (timer) => realClearTimeout(timer instanceof LongTimer ? timer.timer : timer);
globalThis.clearInterval = globalThis.clearTimeout;

// The gate and the extension host of code-server get none of these variables and options.
const { fork } = childProcess;
childProcess.fork = (entry, args = [], options = {}) => {
  if (!Array.isArray(args)) return childProcess.fork(entry, [], args);
  const { env = process.env, execArgv = process.execArgv } = options;
  const { FAST_CLOCK_TIMERS_MS } = process.env;
  return fork(entry, args, {
    ...options,
    env: { ...env, FAST_CLOCK: file, ...(FAST_CLOCK_TIMERS_MS && { FAST_CLOCK_TIMERS_MS }) },
    execArgv: [...execArgv.filter((option) => option !== LOADED), LOADED],
  });
};
syncBuiltinESMExports();
