import { awsError } from '../aws-error.ts';
import type { ContainerInstance } from './types.ts';

/** Whether a container instance fits an expression of the cluster query language, as far as it is used here. */
export function matchesExpression(expression: string, instance: ContainerInstance): boolean {
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
  return values.includes(String(attributeOf(subject, instance)));
}

function attributeOf(subject: string, { ec2Instance: machine, agentConnected }: ContainerInstance) {
  if (subject === 'ec2InstanceId') return machine.instanceId;
  if (subject === 'agentConnected') return agentConnected;
  if (subject.startsWith('attribute:')) return machine.spec.attributes[subject.slice('attribute:'.length)];
  throw awsError('InvalidParameterException', `Invalid subject: ${subject}`);
}

function unquote(text: string): string {
  return text.trim().replace(/^'(.*)'$/, '$1');
}
