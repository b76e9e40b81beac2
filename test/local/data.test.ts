import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openData } from '#local/data.ts';
import { StartError } from '#local/listen.ts';
import { Shutdown } from '#local/shutdown.ts';
import { TelemetryRecorder } from './telemetry-recorder.ts';

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'data-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

async function openError(dataDir: string): Promise<unknown> {
  const shutdown = new Shutdown();
  onTestFinished(() => shutdown.run());
  return openData(dataDir, 'workbenches', new TelemetryRecorder(), shutdown).catch((error: unknown) => error);
}

test('throws a StartError when the data folder cannot be created', async () => {
  const file = join(await temporaryFolder(), 'file');
  await writeFile(file, '');
  const error = await openError(join(file, 'data'));
  expect(error).toBeInstanceOf(StartError);
  expect(String(error)).toContain('WB_DATA_DIR');
});

test('throws a StartError when the folder of the table cannot be created', async () => {
  const dataDir = await temporaryFolder();
  await writeFile(join(dataDir, 'table'), 'a file');
  const error = await openError(dataDir);
  expect(error).toBeInstanceOf(StartError);
  expect(String(error)).toContain(dataDir);
});
