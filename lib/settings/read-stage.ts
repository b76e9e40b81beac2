import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseStage, STAGE_NAME, type StageSettings } from './stage.ts';
import { StageSettingsError } from './stage-error.ts';

/** Where the settings of the stages are. */
export const STAGES_FOLDER = join(import.meta.dirname, '../../stages');

/** The stages that have settings. */
export function listStages(folder = STAGES_FOLDER): readonly string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -'.json'.length))
    .sort();
}

/**
 * Reads settings/<stage>.json.
 * @throws StageSettingsError when there is no such stage, or listing every fault of its file
 */
export function readStage(stage: string, folder = STAGES_FOLDER): StageSettings {
  const file = `settings/${stage}.json`;
  if (!STAGE_NAME.test(stage) || !listStages(folder).includes(stage)) {
    const known = listStages(folder).join(', ');
    throw new StageSettingsError(file, [
      { path: '', problem: `there is no such stage; there are: ${known}` },
    ]);
  }
  let written: unknown;
  try {
    written = JSON.parse(readFileSync(join(folder, `${stage}.json`), 'utf8'));
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    throw new StageSettingsError(file, [{ path: '', problem: what }]);
  }
  return parseStage(stage, written, file);
}
