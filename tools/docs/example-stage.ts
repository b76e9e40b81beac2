import { parseStage, type StageSettings } from '#lib/settings/stage.ts';

/** A stage with all features, so that the docs do not depend on the stages of an installation. */
export function exampleStage(): StageSettings {
  return parseStage('example', {
    production: true,
    baseUrl: 'https://workbench.example.com',
    auth: { staticKey: true },
    image: { tag: '1.0.0' },
    capacityProviders: [{ name: 'standard', instanceTypes: ['m6i.xlarge'], maxInstances: 10 }],
    dedicated: { instanceTypes: ['m6i.large', 'g5.xlarge'] },
    alarms: { email: 'ops@example.com' },
  });
}
