import { join } from 'node:path';
import type { PythonEnvironment } from '../python/environment.ts';

/** JupyterLab and marimo in a folder next to node_modules, for tests in a browser. */
export const NOTEBOOKS: PythonEnvironment = {
  name: 'JupyterLab and marimo',
  folder: join(import.meta.dirname, '../../.workbench-notebooks'),
  requirements: join(import.meta.dirname, 'requirements.txt'),
};

/** Contains the commands of all packages. */
export const NOTEBOOK_PROGRAMS = join(NOTEBOOKS.folder, 'bin');
