import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { waitRealStep } from '#test/contracts/eventually.ts';

/**
 * The program of a workbench that starts and ends when the test wants it to. With the name `slow start` it listens once
 * its folder has a file `start`, with the name `slow stop` it ends once there is a file `end`.
 */

const name = process.env.WORKBENCH_NAME;

async function waitForFile(file: string): Promise<void> {
  while (!existsSync(file)) await waitRealStep();
}

process.on('SIGTERM', async () => {
  if (name === 'slow stop') await waitForFile('end');
  process.exit(0);
});
if (name === 'slow start') await waitForFile('start');
createServer((_request, response) => response.end(name)).listen(Number(process.env.PORT), '127.0.0.1');
