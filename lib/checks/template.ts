/** The part of a CloudFormation template that the checks read. */
export interface Template {
  readonly Resources?: Readonly<Record<string, Resource>>;
  readonly Outputs?: Readonly<Record<string, Output>>;
}

export interface Output {
  readonly Value?: unknown;
  readonly Export?: { readonly Name?: unknown };
}

export interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly Metadata?: Readonly<Record<string, unknown>>;
  readonly DeletionPolicy?: string;
}

/** An error in a template that must be corrected before deployment. */
export interface Violation {
  /** The stack, and the resource if it is about one. */
  readonly at: string;
  readonly problem: string;
}

/** The template of each stack, by the name of the stack. Resolves references between stacks. */
export type Templates = ReadonlyMap<string, Template>;

export function resourcesOf(template: Template): readonly (readonly [id: string, resource: Resource])[] {
  return Object.entries(template.Resources ?? {});
}

/** Templates accept one value or a list of values. */
export function listOf<T>(value: T | readonly T[] | undefined): readonly T[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? (value as readonly T[]) : [value as T];
}

/**
 * Returns a value of a template as one line of text. Values that are known only at deployment are in angle brackets,
 * the notation that cdk-nag uses to distinguish its findings.
 */
export function valueToText(value: unknown): string {
  if (typeof value === 'string') return value.replaceAll('${', '<').replaceAll('}', '>');
  if (value === undefined || value === null) return '';
  if (typeof value !== 'object') return String(value);
  const node = value as Readonly<Record<string, unknown>>;
  const join = node['Fn::Join'];
  if (Array.isArray(join)) return (join[1] as readonly unknown[]).map(valueToText).join(String(join[0]));
  if (node['Fn::Sub'] !== undefined) return valueToText(node['Fn::Sub']);
  const attribute = node['Fn::GetAtt'];
  if (Array.isArray(attribute)) return `<${attribute.map(valueToText).join('.')}>`;
  if (node['Fn::ImportValue'] !== undefined) return valueToText(node['Fn::ImportValue']);
  if (node.Ref !== undefined) return `<${valueToText(node.Ref)}>`;
  return JSON.stringify(node);
}

/** A value in a template that is known only at deployment. */
export interface Reference {
  readonly stack: string;
  /** The logical id of a resource or parameter, or the name of a pseudo parameter. */
  readonly id: string;
  /** Undefined for `Ref`. */
  readonly attribute: string | undefined;
  /** Type of the resource. Undefined for a parameter. */
  readonly type: string | undefined;
  /** Construct path of the resource below its stack. Undefined without CDK metadata. */
  readonly path: string | undefined;
}

/** Resolves `value` in its own stack or through the output of another. Returns undefined if it is no reference. */
export function resolveReference(value: unknown, stack: string, templates: Templates): Reference | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const node = value as Readonly<Record<string, unknown>>;
  const output = node['Fn::GetStackOutput'] as
    | { readonly StackName?: unknown; readonly OutputName?: unknown }
    | undefined;
  if (output !== undefined) {
    const { StackName: otherStack, OutputName: name } = output;
    if (typeof otherStack !== 'string' || typeof name !== 'string') return undefined;
    return resolveReference(templates.get(otherStack)?.Outputs?.[name]?.Value, otherStack, templates);
  }
  if (node['Fn::ImportValue'] !== undefined) {
    for (const [exporter, { Outputs = {} }] of templates) {
      const exported = Object.values(Outputs).find(({ Export }) => Export?.Name === node['Fn::ImportValue']);
      if (exported !== undefined) return resolveReference(exported.Value, exporter, templates);
    }
    return undefined;
  }
  if (typeof node.Ref === 'string') return toReference(stack, node.Ref, undefined, templates.get(stack));
  const attribute = node['Fn::GetAtt'];
  if (Array.isArray(attribute)) {
    return toReference(stack, String(attribute[0]), String(attribute[1]), templates.get(stack));
  }
  return undefined;
}

function toReference(
  stack: string,
  id: string,
  attribute: string | undefined,
  template: Template | undefined,
): Reference {
  const resource = template?.Resources?.[id];
  const path = resource?.Metadata?.['aws:cdk:path'];
  return {
    stack,
    id,
    attribute,
    type: resource?.Type,
    path: typeof path === 'string' ? path.replace(`${stack}/`, '').replace(/\/Resource$/, '') : undefined,
  };
}
