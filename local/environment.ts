import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { StartError } from '#adapters/http-server/listen.ts';
import type { Environment } from '#contract/settings/setting.ts';

/**
 * Returns the variables of the file `.env` in `folder`, overridden by the environment.
 * @throws StartError when the file exists and cannot be read
 */
export function readEnvironment(folder: string, environment: Environment): Environment {
  const file = join(folder, '.env');
  try {
    return { ...parseEnv(readFileSync(file, 'utf8')), ...environment };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') return environment;
    throw new StartError(`${file} cannot be read (${String(code)}).`, error);
  }
}
