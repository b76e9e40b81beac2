import { createHash } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errorCode } from '#adapters/system-error.ts';
import type { Template, Templates } from '#lib/checks/template.ts';
import type { StageSettings } from '#lib/settings/stage.ts';

/**
 * Returns the templates of a stage by stack name. The processes of a test run share them in its temporary folder, because
 * a synthesis takes up to two seconds of processor time, and to load CDK takes another one.
 */
export async function synthesizeShared(settings: StageSettings): Promise<Templates> {
  const hash = createHash('sha256').update(JSON.stringify(settings)).digest('hex');
  const file = join(tmpdir(), `templates-${hash}.json`);
  // In watch mode the folder outlives the code from which the templates are made.
  const isShared = process.env.VITEST_MODE !== 'WATCH';
  const stored = isShared ? readIfExists(file) : undefined;
  if (stored !== undefined) return new Map(JSON.parse(stored) as [string, Template][]);
  const { synthesizeByStack } = await import('#tools/synthesize-stage.ts');
  const templates = await synthesizeByStack(settings);
  if (isShared) {
    const unfinished = `${file}.${process.pid}`;
    writeFileSync(unfinished, JSON.stringify([...templates]));
    renameSync(unfinished, file);
  }
  return templates;
}

function readIfExists(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
