import { join } from 'node:path';

/** Where `npm run local:ide` installs code-server: a folder of the project's own, not kept in its history. */
export const IDE_FOLDER = join(import.meta.dirname, '../.workbench-ide');

/** Holds the command that starts it, and nothing else. */
export const INSTALLED_IDE = join(IDE_FOLDER, 'bin');
