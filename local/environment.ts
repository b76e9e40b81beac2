import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import type { Environment } from '#contract/settings/setting.ts';
import { StartError } from './listen.ts';

/**
 * The environment, over what a file `.env` in `folder` says.
 * @throws StartError when there is such a file and it cannot be read
 */
export function readEnvironment(folder: string, own: Environment): Environment {
  const file = join(folder, '.env');
  try {
    return { ...parseEnv(readFileSync(file, 'utf8')), ...own };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') return own;
    throw new StartError(`${file} cannot be read (${String(code)}).`, error);
  }
}
