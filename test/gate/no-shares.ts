import type { Share } from '#core/ports/share-store.ts';

/** For tests in which no workbench is shared. */
export const NO_SHARES = {
  find: async (): Promise<readonly Share[]> => [],
  listByWorkbench: async (): Promise<readonly Share[]> => [],
};
