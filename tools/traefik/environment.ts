import { join } from 'node:path';
import type { PythonEnvironment } from '../python/environment.ts';

/** Traefik in a folder next to node_modules: the upstream release, in a package of Python. */
export const TRAEFIK: PythonEnvironment = {
  name: 'Traefik',
  folder: join(import.meta.dirname, '../../.workbench-traefik'),
  requirements: join(import.meta.dirname, 'requirements.txt'),
};

export const TRAEFIK_PROGRAM = join(TRAEFIK.folder, 'bin/traefik');
