import { RemovalPolicy } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { AwsCustomResource, PhysicalResourceId } from 'aws-cdk-lib/custom-resources';
import { Construct } from 'constructs';
import { allow } from '../permissions/allow.ts';

const SETTING = 'awsvpcTrunking';

/**
 * Turns trunking on for the account and region: a machine then has room for several times as many network
 * interfaces, and so workbenches. CloudFormation cannot say it. It is never turned off again, since others in
 * the account may rely on it; machines that were launched before stay as they are.
 */
export class AwsvpcTrunking extends Construct {
  /** What ECS said the setting now is. */
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
    const rights = allow(this, 'Permissions', role, [
      {
        sid: 'WriteOwnLog',
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [logGroup.logGroupArn],
        why: 'Its log.',
      },
      {
        sid: 'TurnOn',
        actions: ['ecs:PutAccountSettingDefault'],
        resources: ['*'],
        conditions: { StringEquals: { 'ecs:account-setting': SETTING } },
        why: 'Turns awsvpcTrunking on, as the settings of the stage ask for.',
        anyResource: 'It is a setting of the account, to which the condition limits it.',
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
    resource.node.addDependency(rights);
    this.value = resource.getResponseField('setting.value');
  }
}
