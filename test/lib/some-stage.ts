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

/** The secret of `stageWithSecret`, and the KMS key that encrypts it. */
export const API_SECRET = {
  secretArn: 'arn:aws:secretsmanager:us-west-1:123456789012:secret:keys-AbCdEf',
  secretKeyArn: 'arn:aws:kms:us-west-1:123456789012:key/some',
};

/** Returns a stage whose keys are in a secret of the operator. Test files that use it share one synthesis. */
export function stageWithSecret(): StageSettings {
  return someStage({ auth: { staticKey: true, ...API_SECRET } });
}

/** Returns a stage with several of everything. Test files that use it share one synthesis. */
export function largerStage(): StageSettings {
  return someStage({
    api: { prefix: '/api/v1', corsOrigins: ['https://app.example.com'], authCacheSeconds: 30 },
    capacityProviders: [
      { name: 'standard', instanceTypes: ['m6i.xlarge'], maxInstances: 4 },
      {
        name: 'spot',
        instanceTypes: ['m6i.2xlarge'],
        maxInstances: 30,
        spot: true,
        pricePerHour: 0.2,
        diskThroughput: 500,
      },
      { name: 'gpu', instanceTypes: ['g4dn.xlarge'], maxInstances: 2 },
    ],
    dedicated: { instanceTypes: ['m6i.large', 'g5.xlarge'] },
    storage: { fileSystems: 2 },
    alarms: { email: 'ops@example.com' },
  });
}

/** The changes of `stageWithoutOptions`, for stages that are compared with it. */
export const WITHOUT_OPTIONS = { functions: { WB_AUDIT_DAYS: 30 } };

/** Returns a stage without the optional stacks. Test files that use it share one synthesis. */
export function stageWithoutOptions(): StageSettings {
  return someStage(WITHOUT_OPTIONS);
}

/** Returns the same stage with an export of the audit and a console. Test files that use it share one synthesis. */
export function stageWithAuditAndConsole(): StageSettings {
  return someStage({ ...WITHOUT_OPTIONS, auditExport: { retentionDays: 400 }, console: {} });
}

/** Returns the same stage with events on a bus of its own, or on that of the account. */
export function stageWithEvents(): StageSettings {
  return someStage({ ...WITHOUT_OPTIONS, eventBus: 'own' });
}
export function stageWithDefaultBus(): StageSettings {
  return someStage({ ...WITHOUT_OPTIONS, eventBus: 'default' });
}
