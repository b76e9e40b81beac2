import manifest from '../package.json' with { type: 'json' };

/** The controller's version. */
export const { version } = manifest;
