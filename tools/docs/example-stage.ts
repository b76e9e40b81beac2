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
    gateway: {
      image: { tag: '1.0.0' },
      hostedZone: { id: 'Z0123456789EXAMPLE', name: 'example.com' },
      oidc: {
        issuer: 'https://id.example.com/realms/platform',
        clientId: 'workbench-gate',
        secretArn: 'arn:aws:secretsmanager:us-west-1:123456789012:secret:workbench-gate-AbCdEf',
      },
    },
    auditExport: {},
    eventBus: 'own',
    console: {},
    alarms: { email: 'ops@example.com' },
  });
}
