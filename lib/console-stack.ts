import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CfnOutput } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { consoleConfigOf } from '#contract/console-config.ts';
import { issuerOriginsOf } from '#contract/console-headers.ts';
import manifest from '../package.json' with { type: 'json' };
import type { ApiStack } from './api-stack.ts';
import { ConsoleBucket } from './constructs/console-bucket.ts';
import { API_PATH, ConsoleDistribution } from './constructs/console-distribution.ts';
import { type ConsoleStageSettings, readConsoleSettings } from './settings/console.ts';
import type { StageSettings } from './settings/stage.ts';
import { WorkbenchStack } from './workbench-stack.ts';

export interface ConsoleStackProps {
  readonly console: ConsoleStageSettings;
  readonly api: ApiStack;
  /** The built files of the console. */
  readonly folder: string | undefined;
}

/** The console: its files in a bucket, and CloudFront, which sends them and forwards requests to the API. */
export class ConsoleStack extends WorkbenchStack {
  /** @throws Error if the console was not built */
  constructor(scope: Construct, settings: StageSettings, { console, api, folder }: ConsoleStackProps) {
    super(scope, 'console', settings, {
      description: 'Workbench controller: the console for people',
      terminationProtection: settings.production,
    });
    if (folder === undefined || !existsSync(join(folder, 'index.html')))
      throw new Error(
        `the stage ${settings.stage} has a console, which was not built: run \`npm run console:build\``,
      );
    const values = readConsoleSettings(settings, console);
    const config = { ...consoleConfigOf(values, manifest.version), apiPrefix: API_PATH };
    const { bucket } = new ConsoleBucket(this, 'Files', {
      installation: settings.installation,
      folder,
      config,
      logRetention: settings.logs.retentionDays,
    });
    const { url, domainName } = new ConsoleDistribution(this, 'Front', {
      installation: settings.installation,
      bucket,
      api: { id: api.http.apiId, prefix: settings.api.prefix ?? '' },
      issuerOrigins: issuerOriginsOf(config.issuer?.url, console.issuerOrigins),
      domain: console.domain,
    });
    new CfnOutput(this, 'ConsoleUrl', { value: url, description: 'Address of the console' });
    new CfnOutput(this, 'ConsoleDomain', {
      value: domainName,
      description: 'Name of the distribution, for the record of `console.domain.name`',
    });
  }
}
