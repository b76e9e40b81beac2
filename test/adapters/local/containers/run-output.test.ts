import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { Engine } from '#adapters/local/containers/engine.ts';
import { RunOutput, readFrames } from '#adapters/local/containers/run-output.ts';
import { RunLogs } from '#adapters/local/tasks/run-logs.ts';

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

  it('replaces the file of its run when it is saved again', async () => {
    const engine = { readOutput: async () => Readable.from([frame(1, 'printed\n')]) };
    const output = new RunOutput(engine, logs);
    for (let n = 0; n < 2; n += 1) await output.save('id', 'wb1', 'run1');
    expect(await readFile(join(root, output.fileName('wb1', 'run1')), 'utf8')).toBe('printed\n');
  });

  it('is stored up to 8 MiB of its end when the engine has lines without end', async () => {
    const max = 8 * 1024 * 1024;
    const pieces = ['a', 'b', 'c', 'd', 'e'].map((letter) => frame(1, letter.repeat(max / 2 - 1)));
    const output = new RunOutput({ readOutput: async () => Readable.from(pieces) }, logs);
    await output.save('id', 'wb1', 'run1');
    const stored = await readFile(join(root, output.fileName('wb1', 'run1')), 'utf8');
    const half = max / 2 - 1;
    expect(stored === `cc${'d'.repeat(half)}${'e'.repeat(half)}`).toBe(true);
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
    const output = new RunOutput(new Engine(socket), logs);
    await output.save('c1', 'wb1', 'run1');
    await output.save('missing', 'wb1', 'run2');
    expect(await readFile(join(root, output.fileName('wb1', 'run1')), 'utf8')).toBe('printed\nend');
    expect(await readFile(join(root, output.fileName('wb1', 'run2')), 'utf8')).toBe('');
    expect(requests[0]).toBe('/containers/c1/logs?stdout=true&stderr=true&tail=20000');
  });
});
