import { join } from 'node:path';

/** Where `npm run local:ide` installs code-server: a folder of the project that Git ignores. */
export const IDE_FOLDER = join(import.meta.dirname, '../.workbench-ide');

/** Contains only the command that starts code-server. */
export const INSTALLED_IDE = join(IDE_FOLDER, 'bin');
