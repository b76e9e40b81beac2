import { join } from 'node:path';
import type { PythonEnvironment } from '../python/environment.ts';

export const CLIENT_GENERATOR: PythonEnvironment = {
  name: 'openapi-python-client',
  folder: join(import.meta.dirname, '../../.workbench-python-client'),
  requirements: join(import.meta.dirname, 'requirements.txt'),
};
