import { join } from 'node:path';
import type { PythonEnvironment } from '../python/environment.ts';

export const EMULATORS: PythonEnvironment = {
  name: 'the AWS emulators',
  folder: join(import.meta.dirname, '../../.workbench-emulators'),
  requirements: join(import.meta.dirname, 'requirements.txt'),
};
