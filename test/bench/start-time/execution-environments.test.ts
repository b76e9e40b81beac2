import { describe, expect, it } from 'vitest';
import { Kernel } from '#test/simulation/kernel.ts';
import type { ControllerTiming } from '#test/simulation/world/timing.ts';
import { Random } from '../../../bench/placement/random.ts';
import { ExecutionEnvironments } from '../../../bench/start-time/execution-environments.ts';

function exactly(ms: number) {
  return { min: ms, max: ms, step: 1 };
}

const TIMING: ControllerTiming = {
  warmInvocation: exactly(1),
  coldInvocation: exactly(100),
  environmentIdleMs: 10_000,
  warmJanitor: exactly(2),
  coldJanitor: exactly(200),
  awsCall: exactly(30),
  storeCall: exactly(4),
  event: { min: 500, max: 1000, step: 100 },
};

function createEnvironments() {
  const kernel = new Kernel();
  const environments = new ExecutionEnvironments(kernel, new Random(1), TIMING);
  const started: number[] = [];
  /** Invokes a function that takes 50 ms. */
  const invoke = (name = 'drive') => {
    const at = kernel.now();
    return environments.run(name, async () => {
      started.push(kernel.now() - at);
      await kernel.sleep(50);
    });
  };
  const advance = async (ms: number) => {
    const end = kernel.now() + ms;
    while (await kernel.step(end));
  };
  return { environments, invoke, started, advance };
}

describe('an execution environment', () => {
  it('is new for the first invocation and used again until it has been idle for too long', async () => {
    const { invoke, started, advance } = createEnvironments();
    for (const pauseMs of [0, 9000, 11_000, 0]) {
      await advance(pauseMs);
      void invoke();
      await advance(500);
    }
    expect(started).toEqual([100, 1, 100, 1]);
  });

  it('serves one invocation at a time, of one function', async () => {
    const { invoke, started, advance } = createEnvironments();
    void invoke();
    void invoke();
    await advance(500);
    void invoke();
    void invoke();
    void invoke('sweep-due');
    await advance(500);
    expect(started).toEqual([100, 100, 1, 1, 100]);
  });

  it('is idle again after an invocation that has failed', async () => {
    const { environments, invoke, started, advance } = createEnvironments();
    const failed = environments.run('drive', () => Promise.reject(new Error('no')));
    failed.catch(() => {});
    await advance(500);
    await expect(failed).rejects.toThrow('no');
    void invoke();
    await advance(500);
    expect(started).toEqual([1]);
  });
});

describe('a call', () => {
  it('of the janitor needs an environment of its own', async () => {
    const { environments, advance } = createEnvironments();
    expect(environments.drawCallMs('janitor.readMarker')).toBe(200);
    expect(environments.drawCallMs('janitor.readMarker')).toBe(200);
    await advance(300);
    expect(environments.drawCallMs('janitor.findExisting')).toBe(2);
  });

  it('takes the time of its service', () => {
    const { environments } = createEnvironments();
    expect(environments.drawCallMs('RunTask')).toBe(30);
    expect(environments.drawCallMs('SendMessage')).toBe(4);
    expect(environments.drawCallMs('workbenches.update')).toBe(4);
  });

  it('takes a multiple of the step, from the minimum to the maximum', () => {
    const { environments } = createEnvironments();
    const drawn = new Set(Array.from({ length: 200 }, () => environments.drawMs('event')));
    expect([...drawn].sort((a, b) => a - b)).toEqual([500, 600, 700, 800, 900, 1000]);
  });
});
