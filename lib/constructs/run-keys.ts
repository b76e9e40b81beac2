import { RemovalPolicy } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { acknowledge } from '../checks/acknowledge.ts';

/** Characters of a key. */
const KEY_LENGTH = 64;

/** The keys that sign the tokens of runs. */
export class RunKeys extends Construct {
  readonly arn: string;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const secret = new Secret(this, 'Secret', {
      description: 'The keys that sign the tokens with which workbenches report activity',
      generateSecretString: {
        secretStringTemplate: '{}',
        generateStringKey: 'current',
        passwordLength: KEY_LENGTH,
        excludePunctuation: true,
      },
      // Without it, running workbenches cannot report activity until their next start.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    acknowledge(secret, {
      id: 'AwsSolutions-SMG4',
      reason:
        'A new key must keep the tokens of running workbenches valid. Operators rotate it as docs/operations.md describes.',
    });
    this.arn = secret.secretArn;
  }
}
