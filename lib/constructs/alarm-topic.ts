import { Match, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { servicePrincipalOf } from '../permissions/service-principal.ts';

/** Where alarms go: to an address, when one is set, and to whatever else is subscribed later. */
export class AlarmTopic extends Construct {
  readonly topic: Topic;

  constructor(
    scope: Construct,
    id: string,
    props: { readonly installation: string; readonly email: string | undefined },
  ) {
    super(scope, id);
    const { installation, email } = props;
    this.topic = new Topic(this, 'Topic', {
      topicName: `${installation}-alarms`,
      displayName: installation,
      enforceSSL: true,
    });
    this.topic.grantPublish({ grantPrincipal: servicePrincipalOf(this, 'cloudwatch.amazonaws.com') });
    if (email !== undefined) this.topic.addSubscription(new EmailSubscription(email));
  }

  /** AWS Backup has no metric of a vault's failures to make an alarm of; it tells of each job. */
  notifyOfFailedBackups(vault: string, undelivered: IQueue): void {
    new Rule(this, 'FailedBackups', {
      description: 'Backups of files that failed, to the alarms',
      eventPattern: {
        source: ['aws.backup'],
        detailType: ['Backup Job State Change'],
        detail: { backupVaultName: [vault], state: Match.anyOf('FAILED', 'ABORTED', 'EXPIRED') },
      },
      targets: [
        new SnsTopic(this.topic, {
          message: RuleTargetInput.fromText(
            'A backup of the files of workbenches failed. See AWS Backup, jobs.',
          ),
          deadLetterQueue: undelivered,
        }),
      ],
    });
  }
}
