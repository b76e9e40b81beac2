import { parseSecretKeys } from '#adapters/auth-secret.ts';
import { createSecretsClient } from '#adapters/aws/clients.ts';
import { DynamoActivityStore } from '#adapters/aws/dynamodb/activity-store.ts';
import { DynamoAuditStore } from '#adapters/aws/dynamodb/audit-store.ts';
import { createTableClient } from '#adapters/aws/dynamodb/client.ts';
import { DynamoSessionCutoffStore } from '#adapters/aws/dynamodb/session-cutoff-store.ts';
import { DynamoShareStore } from '#adapters/aws/dynamodb/share-store.ts';
import { DynamoStartTimesStore } from '#adapters/aws/dynamodb/start-times-store.ts';
import { DynamoTicketStore } from '#adapters/aws/dynamodb/ticket-store.ts';
import { DynamoWorkbenchStore } from '#adapters/aws/dynamodb/workbench-store.ts';
import { readSecretText } from '#adapters/aws/secrets-manager/secret-text.ts';
import { RequestFaults } from '#adapters/http-server/request-faults.ts';
import { jsonTelemetry } from '#adapters/json-telemetry.ts';
import { systemTimers } from '#adapters/local/timers.ts';
import { cacheRunKeys } from '#adapters/run-keys.ts';
import {
  DEPLOYED_GATE_RULES,
  DEPLOYED_GATE_SETTINGS,
  GATE_PORT,
} from '#contract/settings/gate-deployment-settings.ts';
import { parseSettings } from '#contract/settings/setting.ts';
import { listStartTimes } from '#core/workbench/start-times.ts';
import { ApiCommands } from './api-commands.ts';
import { AWS_CLOSE, createAwsGate } from './aws/aws-gate.ts';
import { keepSecret, parseClientSecret, parseSealKeys } from './aws/secrets.ts';
import type { Gate } from './gate.ts';

/** The process of the gate on AWS. `npm run image:push -- --gate` puts it into an image. */

const writeLine = (level: string) => (message: string, fields: Record<string, unknown>) => {
  // A metric of CloudWatch must be a line of its own, with its fields at the top.
  process.stdout.write(
    `${JSON.stringify({ level, message, timestamp: new Date().toISOString(), ...fields })}\n`,
  );
};
const telemetry = jsonTelemetry(
  { info: writeLine('INFO'), warn: writeLine('WARN'), error: writeLine('ERROR') },
  process.env.POWERTOOLS_METRICS_NAMESPACE || 'WorkbenchController',
);
const timers = systemTimers;

function fail(error: unknown): never {
  telemetry.error('the gate failed and ends', {}, error);
  process.exit(1);
}

const faults = new RequestFaults(telemetry);
const onUncaught = (error: unknown) => {
  if (!faults.contain(error)) fail(error);
};
process.on('uncaughtException', onUncaught);
process.on('unhandledRejection', onUncaught);

async function start(): Promise<Gate> {
  const settings = parseSettings(DEPLOYED_GATE_SETTINGS, DEPLOYED_GATE_RULES, process.env);
  const {
    WB_TABLE_NAME: table,
    WB_AUTH_SECRET_ARN: apiSecret,
    WB_RUN_KEYS_SECRET_ARN: runKeysArn,
    WB_GATE_CLIENT_SECRET_ARN: clientArn,
  } = settings;
  const client = createTableClient();
  const secrets = createSecretsClient();
  const keep = <T>(
    setting: 'WB_AUTH_SECRET_ARN' | 'WB_GATE_KEYS_SECRET_ARN',
    arn: string,
    parse: (text: string) => T,
  ) => keepSecret({ setting, read: () => readSecretText(secrets, arn), parse, clock: timers, telemetry });
  const [sealKeys, keys] = await Promise.all([
    keep('WB_GATE_KEYS_SECRET_ARN', settings.WB_GATE_KEYS_SECRET_ARN, parseSealKeys),
    apiSecret === undefined ? undefined : keep('WB_AUTH_SECRET_ARN', apiSecret, parseSecretKeys),
  ]);
  // Not read now: without them the gate does its work, and the controller gets no response.
  const probeKeys =
    runKeysArn &&
    cacheRunKeys(
      timers,
      () => readSecretText(secrets, runKeysArn),
      (error) =>
        telemetry.error('the keys with which the controller asks the gate cannot be read', {}, error),
    );
  const startTimes = new DynamoStartTimesStore(client, table);
  const gate = createAwsGate({
    settings,
    ports: {
      workbenches: new DynamoWorkbenchStore(client, table, telemetry),
      shares: new DynamoShareStore(client, table),
      tickets: new DynamoTicketStore(client, table),
      cutoffs: new DynamoSessionCutoffStore(client, table),
      activity: new DynamoActivityStore(client, table),
      audit: new DynamoAuditStore(client, {
        tableName: table,
        retentionDays: settings.WB_AUDIT_DAYS,
        telemetry,
      }),
      startTimes: { list: () => listStartTimes({ startTimes }, timers.now()) },
      commands: new ApiCommands({ url: settings.WB_GATE_API_URL, keys, clock: timers, telemetry }),
      telemetry,
    },
    sealKeys,
    probeKeys: probeKeys || undefined,
    clientSecret:
      clientArn === undefined ? undefined : parseClientSecret(await readSecretText(secrets, clientArn)),
    timers,
  });
  await gate.listen('0.0.0.0', GATE_PORT, 'GATE_PORT');
  return gate;
}

const starting = start().catch(fail);
starting.then(() => telemetry.info('the gate accepts connections'));
process.once('SIGTERM', () => {
  telemetry.info('the gate ends');
  starting.then((gate) => gate.close(AWS_CLOSE)).then(() => process.exit(0), fail);
});
