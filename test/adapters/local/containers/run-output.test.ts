import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { Engine } from '#adapters/local/containers/engine.ts';
import { RunOutput, readFrames } from '#adapters/local/containers/run-output.ts';
import { LocalRunLogReader } from '#adapters/local/tasks/run-log-reader.ts';
import { OUTPUT_MAX_BYTES, RunLogs } from '#adapters/local/tasks/run-logs.ts';
import { systemTimers } from '#adapters/local/timers.ts';

function frame(stream: 1 | 2, text: string): Buffer {
  const header = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([header, Buffer.from(text)]);
}

/** Returns the output in the stream of an engine that sends it in pieces of this many bytes. */
async function read(multiplexed: Buffer, pieceBytes = 1): Promise<string> {
  async function* pieces() {
    for (let at = 0; at < multiplexed.length; at += pieceBytes)
      yield multiplexed.subarray(at, at + pieceBytes);
  }
  const parts: Buffer[] = [];
  for await (const part of readFrames(pieces())) parts.push(part);
  return Buffer.concat(parts).toString();
}

describe('the output of a container', () => {
  let root: string;
  let logs: RunLogs;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'wb-output-'));
    onTestFinished(() => rm(root, { recursive: true }));
    logs = new RunLogs(join(root, 'logs'));
  });

  it('is read in order, without the frame headers of the engine, wherever the stream is cut', async () => {
    const multiplexed = Buffer.concat([
      frame(1, 'größer\n'),
      frame(2, ''),
      frame(2, 'error\n'),
      frame(1, 'end'),
    ]);
    for (let pieceBytes = 1; pieceBytes <= multiplexed.length; pieceBytes += 1)
      expect(await read(multiplexed, pieceBytes)).toBe('größer\nerror\nend');
  });

  it('is read up to the end when it is truncated', async () => {
    const multiplexed = Buffer.concat([frame(1, 'complete\n'), frame(1, 'truncated!')]);
    expect(await read(multiplexed.subarray(0, -5))).toBe('complete\ntrunc');
    expect(await read(multiplexed.subarray(0, 20))).toBe('complete\n');
  });

  /** An engine whose container prints what is pushed into the stream. */
  function engineOf(...printed: readonly Buffer[]) {
    return { readOutput: async () => Readable.from(printed) };
  }
  const outputOf = (engine: Pick<Engine, 'readOutput'>) => new RunOutput(engine, logs, systemTimers);
  const store = (output: RunOutput, { id = 'id', runId = 'run1', follow = false, isNew = false } = {}) =>
    output.store(id, 'wb1', runId, { follow, isNew, signal: new AbortController().signal });
  const readStored = async (runId = 'run1') => String(await logs.read('wb1', runId));

  it('is in the file of its run while the container prints', async () => {
    const stream = new PassThrough();
    const stored = store(outputOf({ readOutput: async () => stream }), { follow: true });
    stream.write(frame(1, 'first\n'));
    await expect.poll(() => readStored()).toBe('first\n');
    stream.write(frame(2, 'second\n'));
    await expect.poll(() => readStored()).toBe('first\nsecond\n');
    stream.end();
    await stored;
  });

  it('is continued where an earlier server has ended, for readers in the middle of it', async () => {
    await store(outputOf(engineOf(frame(1, 'one\n'), frame(1, 'two\n'))));
    const reader = new LocalRunLogReader(join(root, 'logs'));
    const run = { workbenchId: 'wb1', taskId: 't', runId: 'run1' };
    const { next } = await reader.readLog(run, { limit: 10 });
    // The frames of the engine are cut elsewhere the second time.
    await store(outputOf(engineOf(frame(1, 'one\ntw'), frame(1, 'o\nthree\n'))));
    expect(await readStored()).toBe('one\ntwo\nthree\n');
    expect((await reader.readLog(run, { limit: 10, after: next })).lines).toEqual([{ text: 'three' }]);
  });

  it('follows that of an earlier attempt of the run, even if it begins alike', async () => {
    await store(outputOf(engineOf(frame(1, 'boot\nfailed\n'))), { isNew: true });
    await store(outputOf(engineOf(frame(1, 'boot\n'))), { isNew: true });
    expect(await readStored()).toBe('boot\nfailed\nboot\n');
  });

  it('is replaced by what the engine has, if that begins otherwise', async () => {
    await store(outputOf(engineOf(frame(1, 'one\ntwo\n'))));
    await store(outputOf(engineOf(frame(1, 'one\n'), frame(1, 'three\n'))));
    expect(await readStored()).toBe('one\nthree\n');
  });

  it('is kept up to its last megabytes when it has no end', async () => {
    const pieces = ['a', 'b', 'c', 'd', 'e'].map((letter) => frame(1, letter.repeat(OUTPUT_MAX_BYTES / 4)));
    await store(outputOf(engineOf(...pieces)));
    const stored = await readStored();
    expect(stored.length).toBeLessThanOrEqual(OUTPUT_MAX_BYTES);
    expect(stored.slice(-OUTPUT_MAX_BYTES / 2)).toBe(
      'd'.repeat(OUTPUT_MAX_BYTES / 4) + 'e'.repeat(OUTPUT_MAX_BYTES / 4),
    );
  });

  it('is read from the engine as a stream, and is empty when the container does not exist', async () => {
    const requests: string[] = [];
    const server = createServer((request, response) => {
      requests.push(request.url ?? '');
      if (request.url?.includes('missing')) response.writeHead(404).end('{"message":"no such container"}');
      else response.write(frame(2, 'printed\n'), () => response.end(frame(1, 'end')));
    });
    const socket = join(root, 'engine.sock');
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    onTestFinished(() => void server.close());
    const output = outputOf(new Engine(socket));
    await store(output, { id: 'c1' });
    await store(output, { id: 'missing', runId: 'run2' });
    expect(await readFile(join(root, output.fileName('wb1', 'run1')), 'utf8')).toBe('printed\nend');
    expect(await readFile(join(root, output.fileName('wb1', 'run2')), 'utf8')).toBe('');
    await store(output, { id: 'c1', runId: 'run3', follow: true });
    const path = '/containers/c1/logs?stdout=true&stderr=true&tail=20000';
    expect([requests[0], requests.at(-1)]).toEqual([path, `${path}&follow=true`]);
  });

  it('is read no longer when the server ends', async () => {
    const server = createServer((_, response) => void response.write(frame(1, 'printed\n')));
    const socket = join(root, 'engine.sock');
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    onTestFinished(() => void server.close());
    const end = new AbortController();
    const stored = outputOf(new Engine(socket)).store('c1', 'wb1', 'run1', {
      follow: true,
      isNew: true,
      signal: end.signal,
    });
    await expect.poll(() => readStored()).toBe('printed\n');
    end.abort();
    await expect(stored).rejects.toThrow();
  });
});
