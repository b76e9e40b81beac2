import { checkPolicySizes } from './policy-sizes.ts';
import { resolvedLength } from './resolved-length.ts';
import { resourcesOf, type Template, type Templates, type Violation } from './template.ts';

/** CloudFormation's limits for one stack. */
const RESOURCES_MAX = 500;
const TEMPLATE_BYTES_MAX = 1_000_000;
/** Lambda's limit for the environment of one function, names and values together. */
const ENVIRONMENT_BYTES_MAX = 4096;

/** Finds what CloudFormation, Lambda or IAM would refuse for its size in the middle of a deployment. */
export function checkLimits(templates: Templates): readonly Violation[] {
  const violations = [...templates].flatMap(([stack, template]) => [
    ...checkStackLimits(stack, template),
    ...resourcesOf(template).flatMap(([id, { Type, Properties }]) => {
      if (Type !== 'AWS::Lambda::Function') return [];
      const bytes = environmentBytesMax(Properties?.Environment, stack, templates);
      const problem = `its environment can reach ${bytes} bytes; the limit is ${ENVIRONMENT_BYTES_MAX}`;
      return bytes > ENVIRONMENT_BYTES_MAX ? [{ at: `${stack} ${id}`, problem }] : [];
    }),
  ]);
  return [...violations, ...checkPolicySizes(templates)];
}

function checkStackLimits(stack: string, template: Template): readonly Violation[] {
  const resources = resourcesOf(template).length;
  const bytes = Buffer.byteLength(JSON.stringify(template));
  return [
    ...(resources > RESOURCES_MAX
      ? [{ at: stack, problem: `has ${resources} resources; the limit is ${RESOURCES_MAX}` }]
      : []),
    ...(bytes > TEMPLATE_BYTES_MAX
      ? [{ at: stack, problem: `its template has ${bytes} bytes; the limit is ${TEMPLATE_BYTES_MAX}` }]
      : []),
  ];
}

/** Returns an upper bound of the size of an environment, in bytes. */
export function environmentBytesMax(environment: unknown, stack: string, templates: Templates): number {
  const { Variables = {} } = (environment ?? {}) as {
    readonly Variables?: Readonly<Record<string, unknown>>;
  };
  return Object.entries(Variables)
    .map(([name, value]) => Buffer.byteLength(name) + resolvedLength(value, stack, templates))
    .reduce((sum, bytes) => sum + bytes, 0);
}
