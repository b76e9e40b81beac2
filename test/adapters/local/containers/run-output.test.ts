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
  it('is read in its order, without what the engine puts between', () => {
    const mixed = Buffer.concat([frame(1, 'größer\n'), frame(2, ''), frame(2, 'error\n'), frame(1, 'end')]);
    expect(stripFrameHeaders(mixed).toString()).toBe('größer\nerror\nend');
  });

  it('is taken as far as it goes when it was cut', () => {
    const mixed = Buffer.concat([frame(1, 'whole\n'), frame(1, 'half of it')]);
    expect(stripFrameHeaders(mixed.subarray(0, -5)).toString()).toBe('whole\nhalf ');
    expect(stripFrameHeaders(mixed.subarray(0, 17)).toString()).toBe('whole\n');
  });

  it('is kept in the file of its run, once though it is kept twice', async () => {
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
