import type { CfnResource } from 'aws-cdk-lib';
import { type IRole, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { AwsCustomResource, type AwsSdkCall, PhysicalResourceId } from 'aws-cdk-lib/custom-resources';
import { Construct } from 'constructs';
import { allow, type Permission } from '../permissions/allow.ts';
import { createLogGroup } from './log-group.ts';

const SETTING = 'awsvpcTrunking';

export interface AwsvpcTrunkingProps {
  readonly installation: string;
  readonly retentionDays: RetentionDays;
  /** For the role of the instances alone, or for the whole account and region. */
  readonly scope: 'role' | 'account';
  /** Its trust policy must name Lambda. */
  readonly instanceRole: IRole;
}

interface Calls {
  /** The role that makes them. */
  readonly role: IRole;
  readonly permission: Permission;
  readonly turnOn: Pick<AwsSdkCall, 'action'>;
  readonly turnOff?: Pick<AwsSdkCall, 'action'>;
}

/**
 * Turns on trunking. A new instance then supports several times as many network interfaces, and therefore workbenches.
 * CloudFormation has no resource for it. Instances that were launched before keep their limits, so that the groups of
 * instances must depend on this construct.
 *
 * ECS decides by the setting of the role with which an instance registers. `PutAccountSetting` changes it for the caller;
 * only the root user may name another principal. The function of the custom resource therefore runs with the role of the
 * instances. It does not assume the role, because a new role cannot be assumed for some seconds and the custom resource
 * does not retry; CloudFormation retries the creation of a function.
 */
export class AwsvpcTrunking extends Construct {
  constructor(scope: Construct, id: string, props: AwsvpcTrunkingProps) {
    super(scope, id);
    const logGroup = createLogGroup(this, 'LogGroup', {
      name: `/${props.installation}/${SETTING}`,
      logRetention: props.retentionDays,
    });
    const { role, permission, turnOn, turnOff } = this.#callsOf(props);
    const permissions = allow(this, 'Permissions', role, [
      {
        sid: 'WriteOwnLog',
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [logGroup.logGroupArn],
        why: 'Writes the log of the function that changes the setting.',
      },
      permission,
    ]);
    const resource = new AwsCustomResource(this, 'Setting', {
      onUpdate: {
        service: 'ECS',
        parameters: { name: SETTING, value: 'enabled' },
        // Must not change with the role: CloudFormation would then delete the old setting last, which the function would do
        // to the setting of the new role.
        physicalResourceId: PhysicalResourceId.of(SETTING),
        ...turnOn,
      },
      ...(turnOff === undefined
        ? {}
        : {
            onDelete: {
              service: 'ECS',
              parameters: { name: SETTING },
              // A setting of a role that is about to be deleted has no effect. It must not keep a stack from being deleted.
              ignoreErrorCodesMatching: '.*',
              ...turnOff,
            },
          }),
      installLatestAwsSdk: false,
      role,
      logGroup,
    });
    // With another role, CloudFormation must call again.
    (resource.node.findChild('Resource').node.defaultChild as CfnResource).addPropertyOverride(
      'TurnedOnBy',
      role.roleArn,
    );
    resource.node.addDependency(...permissions);
  }

  #callsOf({ scope, installation, instanceRole }: AwsvpcTrunkingProps): Calls {
    const conditions = { StringEquals: { 'ecs:account-setting': SETTING } };
    const anyResource = 'The actions have no resource. The condition limits them to this account setting.';
    if (scope === 'role') {
      return {
        role: instanceRole,
        permission: {
          sid: 'OptIn',
          actions: ['ecs:PutAccountSetting', 'ecs:DeleteAccountSetting'],
          resources: ['*'],
          conditions,
          why: 'Turns on awsvpcTrunking for the role of the instances, at deployments.',
          anyResource,
        },
        turnOn: { action: 'putAccountSetting' },
        turnOff: { action: 'deleteAccountSetting' },
      };
    }
    return {
      role: new Role(this, 'Role', {
        description: `${installation}-${SETTING}`,
        assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      }),
      permission: {
        sid: 'TurnOn',
        actions: ['ecs:PutAccountSettingDefault'],
        resources: ['*'],
        conditions,
        why: 'Turns on awsvpcTrunking for the account and region, if the settings of the stage request it.',
        anyResource,
      },
      // Never turned off: others in the account may rely on it.
      turnOn: { action: 'putAccountSettingDefault' },
    };
  }
}
