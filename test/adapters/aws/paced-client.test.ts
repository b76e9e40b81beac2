import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPacedClient } from '#adapters/aws/paced-client.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';

class DescribeCommand {}
class ListCommand {}
class OtherCommand {}

/** A paced client that records the time of each of its calls. */
function recordingClient() {
  const clock = new ManualClock(0);
  const calls: { name: string; at: number }[] = [];
  const send = async (command: object) => {
    calls.push({ name: command.constructor.name, at: clock.now() });
    return 'response';
  };
  const rates = [
    { commands: [DescribeCommand, ListCommand], perSecond: 4 },
    { commands: [], perSecond: 1 },
  ];
  return { clock, calls, client: createPacedClient({ send }, rates, clock) };
}

describe('a paced client', () => {
  it('spaces the calls of one group evenly', async () => {
    const { clock, calls, client } = recordingClient();
    const responses = Promise.all(
      [new DescribeCommand(), new ListCommand(), new DescribeCommand()].map((command) =>
        client.send(command),
      ),
    );
    await clock.advanceAsync(1000);
    expect(await responses).toEqual(['response', 'response', 'response']);
    expect(calls).toEqual([
      { name: 'DescribeCommand', at: 0 },
      { name: 'ListCommand', at: 250 },
      { name: 'DescribeCommand', at: 500 },
    ]);
  });

  it('makes a call at once if the last one was long ago', async () => {
    const { clock, calls, client } = recordingClient();
    await client.send(new DescribeCommand());
    await clock.advanceAsync(10_000);
    await client.send(new DescribeCommand());
    expect(calls.map(({ at }) => at)).toEqual([0, 10_000]);
  });

  it('makes no burst after a pause', async () => {
    const { clock, calls, client } = recordingClient();
    await client.send(new DescribeCommand());
    await clock.advanceAsync(10_000);
    const all = Promise.all([client.send(new DescribeCommand()), client.send(new DescribeCommand())]);
    await clock.advanceAsync(1000);
    await all;
    expect(calls.map(({ at }) => at)).toEqual([0, 10_000, 10_250]);
  });

  it('does not delay commands without a rate', async () => {
    const { calls, client } = recordingClient();
    await Promise.all([1, 2, 3].map(() => client.send(new OtherCommand())));
    expect(calls.map(({ at }) => at)).toEqual([0, 0, 0]);
  });

  it('rethrows the error of a call and continues with the next call', async () => {
    const clock = new ManualClock(0);
    let calls = 0;
    const send = async (_command: object) => {
      calls += 1;
      if (calls === 1) throw new Error('refused');
      return calls;
    };
    const client = createPacedClient({ send }, [{ commands: [DescribeCommand], perSecond: 1 }], clock);
    await expect(client.send(new DescribeCommand())).rejects.toThrow('refused');
    const second = client.send(new DescribeCommand());
    await clock.advanceAsync(1000);
    expect(await second).toBe(2);
  });

  it('never exceeds the rate in any second, whatever the arrival times', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(2000), { maxLength: 30 }), async (gaps) => {
        const { clock, calls, client } = recordingClient();
        const sent: Promise<unknown>[] = [];
        for (const gap of gaps) {
          await clock.advanceAsync(gap);
          sent.push(client.send(new DescribeCommand()));
        }
        await clock.advanceAsync(60_000);
        await Promise.all(sent);
        for (const { at } of calls)
          expect(calls.filter((call) => call.at >= at && call.at < at + 1000).length).toBeLessThanOrEqual(4);
      }),
    );
  });
});
