import type { WorkbenchCommands } from '#gate/ports.ts';

/** For gates whose test redeems no links. */
export const NO_LINKS: Pick<WorkbenchCommands, 'previewLink' | 'redeemLink'> = {
  previewLink: async () => ({ kind: 'unavailable' }),
  redeemLink: async () => ({ kind: 'unavailable' }),
};
