import { parseStage, type StageSettings } from '#lib/settings/stage.ts';

/** The least that a stage's file must say. */
export const MINIMAL_STAGE = {
  production: false,
  baseUrl: 'https://workbench.example.com',
  auth: { staticKey: true },
  image: { tag: 'latest' },
  capacityProviders: [{ name: 'standard', instanceTypes: ['m6i.xlarge'], maxInstances: 4 }],
};

/** A stage called `some`, with these changes. */
export function someStage(changes: object = {}): StageSettings {
  return parseStage('some', { ...MINIMAL_STAGE, ...changes });
}
