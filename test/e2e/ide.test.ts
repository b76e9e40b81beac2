import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ADDRESS_MODES } from '#gate/workbench-addresses.ts';
import { eventually, waitRealStep } from '#test/contracts/eventually.ts';
import { openPage } from './browser.ts';
import { typeInTerminal, waitForIde, waitForTextInEditor } from './ide-page.ts';
import { findInstalled, onPath } from './installed-programs.ts';
import { createDataDir, LocalServer } from './local-server.ts';
import { pollUntil, pollUntilGone, runPrintedCommand } from './printed-commands.ts';

test.for(ADDRESS_MODES)(
  'with WB_WORKBENCH_ADDRESS=%s a file that was written in the terminal of code-server outlives a stop and is shown in the editor',
  async (mode, { skip }) => {
    const codeServer = findInstalled('code-server', skip);
    const dataDir = await createDataDir();
    const server = await LocalServer.start(dataDir, {
      ...onPath(codeServer),
      WB_LOCAL_IDE: 'code-server',
      WB_WORKBENCH_ADDRESS: mode,
    });
    const page = await openPage();
    const { item } = await runPrintedCommand(server, 'create');
    await pollUntil(server, item.workbench_id, 'running');
    await page.goto(item.public_endpoint);
    await waitForIde(page);

    await typeInTerminal(page, 'printf "made in the terminal of %s" "$WORKBENCH_NAME" > made.txt');
    const onDisk = join(dataDir, 'volumes', item.workbench_id, 'made.txt');
    await eventually(waitRealStep, 'the file is written', async () => {
      const content = await readFile(onDisk, 'utf8').catch(() => '');
      return content === 'made in the terminal of First';
    });

    await runPrintedCommand(server, 'stop', item.workbench_id);
    await pollUntil(server, item.workbench_id, 'stopped');
    expect(await server.workbenchProcesses()).toEqual([]);
    await runPrintedCommand(server, 'start', item.workbench_id);
    await pollUntil(server, item.workbench_id, 'running');
    await page.goto(item.public_endpoint);
    await waitForIde(page);
    await waitForTextInEditor(page, 'made.txt', 'made in the terminal of First');

    await runPrintedCommand(server, 'delete', item.workbench_id);
    await pollUntilGone(server, item.workbench_id);
    expect(await server.workbenchProcesses()).toEqual([]);
  },
);
