import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { closeServer, listen, StartError } from '#adapters/http-server/listen.ts';
import type { Timers } from '#adapters/local/timers.ts';
import { listenOnWorkbenchPort } from '#local/workbench-port.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'workbench-port-'));
});

/** A clock on which a wait takes no time. `whileWaiting` is called during each. */
class ImpatientClock extends ManualClock implements Timers {
  readonly #whileWaiting: () => Promise<void>;

  constructor(whileWaiting: () => Promise<void>) {
    super();
    this.#whileWaiting = whileWaiting;
  }

  override after(ms: number, action: () => void): () => void {
    const cancel = super.after(ms, action);
    void this.#whileWaiting().then(() => this.advance(ms));
    return cancel;
  }
}

async function start(workbenchPort = 0, whileWaiting = async () => {}) {
  const server = createServer();
  onTestFinished(() => closeServer(server, 0));
  const port = await listenOnWorkbenchPort(
    (port) => listen(server, '127.0.0.1', port, 'WB_WORKBENCH_PORT'),
    { dataDir, workbenchPort },
    new ImpatientClock(whileWaiting),
  );
  return { port, stop: () => closeServer(server, 0) };
}

test('any free port is used at the first start, and the same one at the next', async () => {
  const first = await start();
  await first.stop();
  const second = await start();
  expect(second.port).toBe(first.port);
});

test('another port is used while a program uses the last one, and is the last one from then on', async () => {
  const first = await start();
  const second = await start();
  expect(second.port).not.toBe(first.port);
  await first.stop();
  await second.stop();
  expect((await start()).port).toBe(second.port);
});

test.each(['', 'x', '0', '65536', '-1', '80.5', '{}'])(
  'any free port is used if the file of the last one contains "%s"',
  async (content) => {
    await writeFile(join(dataDir, 'workbench-port'), content);
    const { port } = await start();
    expect(await readFile(join(dataDir, 'workbench-port'), 'utf8')).toBe(`${port}\n`);
  },
);

test('the port of the setting is used, or the start fails', async () => {
  const first = await start();
  await expect(start(first.port)).rejects.toBeInstanceOf(StartError);
  await first.stop();
  expect((await start(first.port)).port).toBe(first.port);
});

test('the port of the setting and the last one are used as soon as the gate of a killed server has ended', async () => {
  const first = await start();
  const second = await start(0, first.stop);
  expect(second.port).toBe(first.port);
  const third = await start(second.port, second.stop);
  expect(third.port).toBe(first.port);
});
