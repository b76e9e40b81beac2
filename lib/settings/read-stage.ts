import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseStage, STAGE_NAME, type StageSettings } from './stage.ts';
import { StageSettingsError } from './stage-error.ts';

/** The folder with one settings file for each stage. */
export const STAGES_FOLDER = join(import.meta.dirname, '../../stages');

/** Returns the names of the stages that have a settings file. */
export function listStages(folder = STAGES_FOLDER): readonly string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -'.json'.length))
    .sort();
}

/**
 * Reads stages/<stage>.json.
 * @throws StageSettingsError If the stage does not exist, or with every error of its file.
 */
export function readStage(stage: string, folder = STAGES_FOLDER): StageSettings {
  const file = `stages/${stage}.json`;
  if (!STAGE_NAME.test(stage) || !listStages(folder).includes(stage)) {
    const known = listStages(folder).join(', ');
    throw new StageSettingsError(file, [
      { path: '', problem: `the stage does not exist; existing stages: ${known}` },
    ]);
  }
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(join(folder, `${stage}.json`), 'utf8'));
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new StageSettingsError(file, [{ path: '', problem }]);
  }
  return parseStage(stage, content, file);
}
