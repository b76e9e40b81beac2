import { RemovalPolicy } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { AwsCustomResource, PhysicalResourceId } from 'aws-cdk-lib/custom-resources';
import { Construct } from 'constructs';
import { allow } from '../permissions/allow.ts';

const SETTING = 'awsvpcTrunking';

/**
 * Turns on trunking for the account and region. An instance then supports several times as many network interfaces,
 * and therefore workbenches. CloudFormation has no resource for it. It is never turned off, because others in the
 * account may rely on it. Instances that were launched before keep their limits.
 */
export class AwsvpcTrunking extends Construct {
  /** The value of the setting that ECS returned. */
  readonly value: string;

  constructor(
    scope: Construct,
    id: string,
    props: { readonly installation: string; readonly retentionDays: RetentionDays },
  ) {
    super(scope, id);
    const logGroup = new LogGroup(this, 'LogGroup', {
      logGroupName: `/${props.installation}/${SETTING}`,
      retention: props.retentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(this, 'Role', {
      description: `${props.installation}-${SETTING}`,
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    });
    const permissions = allow(this, 'Permissions', role, [
      {
        sid: 'WriteOwnLog',
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [logGroup.logGroupArn],
        why: 'Writes its log.',
      },
      {
        sid: 'TurnOn',
        actions: ['ecs:PutAccountSettingDefault'],
        resources: ['*'],
        conditions: { StringEquals: { 'ecs:account-setting': SETTING } },
        why: 'Turns on awsvpcTrunking if the settings of the stage request it.',
        anyResource: 'The action has no resource. The condition limits it to this account setting.',
      },
    ]);
    const resource = new AwsCustomResource(this, 'Setting', {
      onUpdate: {
        service: 'ECS',
        action: 'putAccountSettingDefault',
        parameters: { name: SETTING, value: 'enabled' },
        physicalResourceId: PhysicalResourceId.of(SETTING),
      },
      installLatestAwsSdk: false,
      role,
      logGroup,
    });
    resource.node.addDependency(permissions);
    this.value = resource.getResponseField('setting.value');
  }
}
