import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pacedClient } from '#adapters/aws/paced-client.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';

class Look {}
class Count {}
class Other {}

/** A client that notes when each of its calls was made. */
function recordingClient() {
  const clock = new ManualClock(0);
  const calls: { name: string; at: number }[] = [];
  const send = async (command: object) => {
    calls.push({ name: command.constructor.name, at: clock.now() });
    return 'answer';
  };
  const paced = [
    { commands: [Look, Count], perSecond: 4 },
    { commands: [], perSecond: 1 },
  ];
  return { clock, calls, client: pacedClient({ send }, paced, clock) };
}

describe('a client with a pace', () => {
  it('makes its calls evenly spaced, all of a kind together', async () => {
    const { clock, calls, client } = recordingClient();
    const answers = Promise.all([new Look(), new Count(), new Look()].map((call) => client.send(call)));
    await clock.advanceAsync(1000);
    expect(await answers).toEqual(['answer', 'answer', 'answer']);
    expect(calls).toEqual([
      { name: 'Look', at: 0 },
      { name: 'Count', at: 250 },
      { name: 'Look', at: 500 },
    ]);
  });

  it('makes a call at once when the last was long ago', async () => {
    const { clock, calls, client } = recordingClient();
    await client.send(new Look());
    await clock.advanceAsync(10_000);
    await client.send(new Look());
    expect(calls.map(({ at }) => at)).toEqual([0, 10_000]);
  });

  it('saves nothing up: after a rest comes no burst', async () => {
    const { clock, calls, client } = recordingClient();
    await client.send(new Look());
    await clock.advanceAsync(10_000);
    const all = Promise.all([client.send(new Look()), client.send(new Look())]);
    await clock.advanceAsync(1000);
    await all;
    expect(calls.map(({ at }) => at)).toEqual([0, 10_000, 10_250]);
  });

  it('leaves other calls as they are', async () => {
    const { calls, client } = recordingClient();
    await Promise.all([1, 2, 3].map(() => client.send(new Other())));
    expect(calls.map(({ at }) => at)).toEqual([0, 0, 0]);
  });

  it('passes on what a call throws, and goes on with the next', async () => {
    const clock = new ManualClock(0);
    let calls = 0;
    const send = async (_command: object) => {
      calls += 1;
      if (calls === 1) throw new Error('refused');
      return calls;
    };
    const client = pacedClient({ send }, [{ commands: [Look], perSecond: 1 }], clock);
    await expect(client.send(new Look())).rejects.toThrow('refused');
    const second = client.send(new Look());
    await clock.advanceAsync(1000);
    expect(await second).toBe(2);
  });

  it('never makes more in any second than its pace, however they come', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(2000), { maxLength: 30 }), async (gaps) => {
        const { clock, calls, client } = recordingClient();
        const sent: Promise<unknown>[] = [];
        for (const gap of gaps) {
          await clock.advanceAsync(gap);
          sent.push(client.send(new Look()));
        }
        await clock.advanceAsync(60_000);
        await Promise.all(sent);
        for (const { at } of calls)
          expect(calls.filter((call) => call.at >= at && call.at < at + 1000).length).toBeLessThanOrEqual(4);
      }),
    );
  });
});
