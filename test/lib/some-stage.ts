import { parseStage, type StageSettings } from '#lib/settings/stage.ts';

/** The required settings of a stage. */
export const MINIMAL_STAGE = {
  production: false,
  baseUrl: 'https://workbench.example.com',
  auth: { staticKey: true },
  image: { tag: 'latest' },
  capacityProviders: [{ name: 'standard', instanceTypes: ['m6i.xlarge'], maxInstances: 4 }],
};

/** The required settings of a gate. */
export const SOME_GATEWAY = {
  image: { tag: '1.0.0' },
  certificateArn: 'arn:aws:acm:us-west-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef',
};

/** Returns a stage named `some` with these changes. */
export function someStage(changes: object = {}): StageSettings {
  return parseStage('some', { ...MINIMAL_STAGE, ...changes });
}
