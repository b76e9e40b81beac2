import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { StartError } from '#adapters/http-server/listen.ts';
import { SettingsError } from '#contract/settings/setting.ts';
import { readEnvironment } from '#local/environment.ts';
import { type LocalSettings, readLocalSettings } from '#local/settings.ts';
import { ToolError, UsageError } from '../command-line.ts';

/** The errors of reading the settings whose message says what to correct. */
export const SETTINGS_ERRORS = [SettingsError, StartError];

/**
 * Returns the data folder of `npm start` in this folder and environment.
 * @throws SettingsError; StartError; ToolError when the records are not in the data folder
 */
export function readDataFolder(): string {
  const { dataDir, tableEndpoint } = readSettings();
  if (tableEndpoint !== undefined)
    throw new ToolError('WB_TABLE_ENDPOINT is set: the records are in a table, not in the data folder');
  return dataDir;
}

/**
 * Returns the data folder of `npm start` in this folder and environment, for what is in the folder in any case.
 * @throws SettingsError; StartError
 */
export function readDataDir(): string {
  return readSettings().dataDir;
}

/** Returns the name of the table that earlier versions created in the data folder. */
export function readTableName(): string {
  return readSettings().functions.WB_TABLE_NAME;
}

function readSettings(): LocalSettings {
  return readLocalSettings(readEnvironment(process.cwd(), process.env));
}

/**
 * Parses the arguments of a tool with one optional file.
 * @throws UsageError
 */
export function parseFileArgument(args: readonly string[]): { help: boolean; file: string | undefined } {
  let parsed: { values: { help: boolean }; positionals: string[] };
  try {
    parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { help: { type: 'boolean', default: false } },
    });
  } catch (error) {
    throw new UsageError((error as Error).message.split('. ')[0]);
  }
  const { values, positionals } = parsed;
  if (positionals.length > 1) throw new UsageError('name one file at most');
  return { help: values.help, file: positionals[0] === undefined ? undefined : resolve(positionals[0]) };
}

/** Returns the present time as a part of a file name: `20260301T120000123Z`. */
export function timeForFileName(): string {
  return new Date().toISOString().replace(/[-:.]/g, '');
}
