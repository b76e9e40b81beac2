import { join } from 'node:path';
import type { PythonEnvironment } from '../python/environment.ts';

export const SCHEMATHESIS: PythonEnvironment = {
  name: 'schemathesis',
  folder: join(import.meta.dirname, '../../.workbench-schemathesis'),
  requirements: join(import.meta.dirname, 'requirements.txt'),
};
