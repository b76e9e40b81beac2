import { awsError } from '../aws-error.ts';
import type { ContainerInstance } from './types.ts';

/**
 * Whether a container instance matches an expression of the cluster query language. Supports `==` and `in` on
 * `ec2InstanceId`, `agentConnected` and `attribute:NAME`.
 */
export function matchesExpression(expression: string, containerInstance: ContainerInstance): boolean {
  const parsed = /^\s*(\S+)\s*(==|in)\s*(.+?)\s*$/.exec(expression);
  if (parsed === null) throw awsError('InvalidParameterException', `Invalid expression: ${expression}`);
  const [, subject = '', operator, argument = ''] = parsed;
  const values =
    operator === 'in'
      ? argument
          .replace(/^\[|\]$/g, '')
          .split(',')
          .map(unquote)
      : [unquote(argument)];
  return values.includes(String(attributeOf(subject, containerInstance)));
}

function attributeOf(subject: string, { ec2Instance, agentConnected }: ContainerInstance) {
  if (subject === 'ec2InstanceId') return ec2Instance.instanceId;
  if (subject === 'agentConnected') return agentConnected;
  if (subject.startsWith('attribute:'))
    return ec2Instance.spec.attributes[subject.slice('attribute:'.length)];
  throw awsError('InvalidParameterException', `Invalid subject: ${subject}`);
}

function unquote(text: string): string {
  return text.trim().replace(/^'(.*)'$/, '$1');
}
