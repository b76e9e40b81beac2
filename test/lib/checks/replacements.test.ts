import { beforeAll, describe, expect, it } from 'vitest';
import { checkReplacements, REPLACEMENT_PROPERTIES } from '#lib/checks/replacements.ts';
import { resourcesOf, type Template, type Templates } from '#lib/checks/template.ts';
import { synthesizeShared } from '#test/lib/shared-stage.ts';
import { exampleStage } from '#tools/docs/example-stage.ts';

const WEAK = { 'Fn::GetStackOutput': { StackName: 'other', OutputName: 'Some' } };

function problemsOf(Type: string, Properties: Readonly<Record<string, unknown>>): readonly string[] {
  const templates: Templates = new Map([['stack', { Resources: { Some: { Type, Properties } } }]]);
  return checkReplacements(templates).map(({ problem }) => problem);
}

describe('a weak reference', () => {
  it('is refused in a property whose change replaces the resource', () => {
    expect(problemsOf('AWS::EFS::MountTarget', { SubnetId: WEAK })).toEqual([
      expect.stringContaining('SubnetId is a weak reference'),
    ]);
    expect(problemsOf('AWS::EFS::MountTarget', { SubnetId: { 'Fn::Join': ['', ['x', WEAK]] } })).toHaveLength(
      1,
    );
    expect(
      problemsOf('AWS::Backup::BackupSelection', { BackupSelection: { Resources: [WEAK, WEAK] } }),
    ).toEqual([expect.stringContaining('BackupSelection.Resources is a weak reference')]);
  });

  it('is accepted in any other property', () => {
    expect(problemsOf('AWS::EFS::MountTarget', { SecurityGroups: [WEAK] })).toEqual([]);
    expect(
      problemsOf('AWS::Lambda::Function', { Environment: { Variables: { FunctionName: WEAK } } }),
    ).toEqual([]);
  });

  it('is refused in a type whose properties are not known', () => {
    expect(problemsOf('AWS::New::Type', { Some: WEAK })).toEqual([
      expect.stringContaining('AWS::New::Type is not in replacement-properties.json'),
    ]);
    expect(problemsOf('AWS::New::Type', { Some: 'x' })).toEqual([]);
  });
});

describe('the deployed stacks', () => {
  let templates: Templates;
  beforeAll(async () => {
    templates = await synthesizeShared(exampleStage());
  });

  it('have no weak reference that replaces a resource, until one of the data stack is made weak', () => {
    expect(checkReplacements(templates)).toEqual([]);
    const weakened = new Map(
      [...templates].map(([name, template]) => [
        name,
        JSON.parse(
          JSON.stringify(template).replaceAll(
            /\{"Fn::ImportValue":"([^":]+):([^"]+)"\}/g,
            '{"Fn::GetStackOutput":{"StackName":"$1","OutputName":"$2"}}',
          ),
        ) as Template,
      ]),
    );
    const found = checkReplacements(weakened);
    // The gate, and what invokes the function of the events, would be replaced, too, if their references were weak.
    const stronglyReferenced = [/-gateway GateTaskDefinition/, /-events publisheventsHistory/];
    for (const name of stronglyReferenced)
      expect(found.map(({ at }) => at)).toContainEqual(expect.stringMatching(name));
    const violations = found.filter(({ at }) => !/-(gateway|events) /.test(at));
    expect(violations.length).toBeGreaterThan(0);
    for (const { at, problem } of violations) {
      expect(at).toMatch(/-data FilesFileSystem0EfsMountTarget/);
      expect(problem).toContain('SubnetId is a weak reference');
    }
  });

  it('have only types whose replaced properties are known', () => {
    const types = [...templates.values()].flatMap((template) =>
      resourcesOf(template).map(([, { Type }]) => Type),
    );
    const unknown = types.filter(
      (type) => type.startsWith('AWS::') && REPLACEMENT_PROPERTIES[type] === undefined,
    );
    expect([...new Set(unknown)]).toEqual([]);
  });
});
