/**
 * Lets the test advance the clock of the controller and of the gate, which have loaded this file: their time is that of the system, and the
 * milliseconds in the file FAST_CLOCK. Long timers follow it. Short ones do not: with them the processes watch over one another.
 */
import childProcess from 'node:child_process';
import { readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const LONG_MS = 5000;
const STEP_MS = 20;

const file = process.env.FAST_CLOCK ?? '';
const RealDate = Date;
const realSetTimeout = globalThis.setTimeout;
const realClearTimeout = globalThis.clearTimeout;
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
  constructor(ms, action) {
    const dueAt = performance.now() + ms;
    const wait = () => {
      if (performance.now() >= dueAt) action();
      else this.timer = realSetTimeout(wait, STEP_MS);
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
  ms >= LONG_MS ? new LongTimer(ms, () => action(...values)) : realSetTimeout(action, ms, ...values);
globalThis.clearTimeout = (timer) => realClearTimeout(timer instanceof LongTimer ? timer.timer : timer);

// The gate gets none of the variables and options of the controller.
const { fork } = childProcess;
childProcess.fork = (entry, args, options) =>
  fork(entry, args, {
    ...options,
    env: { ...options.env, FAST_CLOCK: file },
    execArgv: [...options.execArgv, '--import', import.meta.url],
  });
syncBuiltinESMExports();
