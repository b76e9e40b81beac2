import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RunOutput, stripFrameHeaders } from '#adapters/local/containers/run-output.ts';
import { RunLogs } from '#adapters/local/tasks/run-logs.ts';
import { systemTimers } from '#adapters/local/timers.ts';

function frame(stream: 1 | 2, text: string): Buffer {
  const header = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([header, Buffer.from(text)]);
}

describe('the output of a container', () => {
  it('is read in order, without the frame headers of the engine', () => {
    const multiplexed = Buffer.concat([
      frame(1, 'größer\n'),
      frame(2, ''),
      frame(2, 'error\n'),
      frame(1, 'end'),
    ]);
    expect(stripFrameHeaders(multiplexed).toString()).toBe('größer\nerror\nend');
  });

  it('is read up to the end when it is truncated', () => {
    const multiplexed = Buffer.concat([frame(1, 'complete\n'), frame(1, 'truncated!')]);
    expect(stripFrameHeaders(multiplexed.subarray(0, -5)).toString()).toBe('complete\ntrunc');
    expect(stripFrameHeaders(multiplexed.subarray(0, 20)).toString()).toBe('complete\n');
  });

  it('replaces the file of its run when it is saved again', async () => {
    const root = await mkdtemp(join(tmpdir(), 'wb-output-'));
    onTestFinished(() => rm(root, { recursive: true }));
    const output = new RunOutput(
      { readOutput: async () => frame(1, 'printed\n') },
      new RunLogs(join(root, 'logs'), systemTimers),
    );
    for (let n = 0; n < 2; n += 1) await output.save('id', 'wb1', 'run1');
    expect(await readFile(join(root, output.fileName('wb1', 'run1')), 'utf8')).toBe('printed\n');
  });
});
