import { RemovalPolicy } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { acknowledge } from '../checks/acknowledge.ts';
import type { AuthSetting } from '../settings/access.ts';

/** Longer than an HS256 key must be (RFC 7518, 3.2: 32 bytes), in letters and digits: 285 bits. */
const KEY_LENGTH = 48;

/** Where the key of the API is: in a secret that was given, or in one of its own with a random key. */
export class AuthSecret extends Construct {
  /** Undefined when no key is used. */
  readonly arn: string | undefined;

  constructor(scope: Construct, id: string, auth: AuthSetting) {
    super(scope, id);
    if (auth === 'none' || (!auth.staticKey && !auth.jwtKey)) return;
    this.arn = auth.secretArn ?? this.#createSecret(auth.staticKey ? 'static_key' : 'jwt_key');
  }

  #createSecret(key: 'static_key' | 'jwt_key'): string {
    const secret = new Secret(this, 'Secret', {
      description: 'The key of the workbench API',
      generateSecretString: {
        secretStringTemplate: '{}',
        generateStringKey: key,
        passwordLength: KEY_LENGTH,
        excludePunctuation: true,
      },
      removalPolicy: RemovalPolicy.RETAIN,
    });
    acknowledge(secret, {
      id: 'AwsSolutions-SMG4',
      reason:
        'Backends and issuers of tokens hold the same key: people change it on both sides, as docs/operations.md says.',
    });
    return secret.secretArn;
  }
}
