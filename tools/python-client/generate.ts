import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pythonOf } from '../python/environment.ts';
import { CLIENT_GENERATOR } from './environment.ts';

const PROJECT = join(import.meta.dirname, '../..');
const CLIENT = join(PROJECT, 'clients/python');
/** The generated code of the client of Python. */
export const GENERATED = join(CLIENT, 'src/workbench_client/generated');

/** What the formatter of the generator writes beside the code. */
const CACHE = '.ruff_cache';

/**
 * Generates the code of the client of Python from docs/api.yaml into a folder, in the place of what is there.
 * @throws Error with the output of the generator
 */
export function generatePythonClient(folder: string): void {
  const { status, stdout, stderr } = spawnSync(
    join(CLIENT_GENERATOR.folder, 'bin/openapi-python-client'),
    [
      ...['generate', '--path', join(PROJECT, 'docs/api.yaml'), '--meta', 'none', '--overwrite'],
      ...['--config', join(CLIENT, 'generator.yml'), '--custom-template-path', join(CLIENT, 'templates')],
      ...['--output-path', folder, '--fail-on-warning'],
    ],
    // The generator calls its formatter by name.
    {
      encoding: 'utf8',
      env: { ...process.env, PATH: `${join(pythonOf(CLIENT_GENERATOR), '..')}:${process.env.PATH}` },
    },
  );
  rmSync(join(folder, CACHE), { recursive: true, force: true });
  if (status !== 0) throw new Error(`openapi-python-client failed.\n${stdout}${stderr}`);
}

/** Returns the files that differ from what the generator would write now. */
export function findStaleFiles(): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'python-client-'));
  try {
    const fresh = join(folder, 'generated');
    generatePythonClient(fresh);
    const expected = readFiles(fresh);
    const present = readFiles(GENERATED);
    const names = new Set([...expected.keys(), ...present.keys()]);
    return [...names].filter((name) => expected.get(name) !== present.get(name)).sort();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Path from the folder → text, without what Python itself writes. */
function readFiles(folder: string): ReadonlyMap<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const files = names.filter(
    (name) => !name.includes('__pycache__') && statSync(join(folder, name)).isFile(),
  );
  return new Map(files.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}
