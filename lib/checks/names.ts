import { resourcesOf, type Templates, type Violation } from './template.ts';

/**
 * Finds retained resources with a fixed name. If the first creation of their stack fails, they stay, and the next
 * creation fails because the name is in use. `RetainExceptOnCreate` deletes them with the failed creation.
 */
export function checkNames(templates: Templates): readonly Violation[] {
  return [...templates].flatMap(([stack, template]) =>
    resourcesOf(template).flatMap(([id, { Type, Properties = {}, DeletionPolicy }]) => {
      if (DeletionPolicy !== 'Retain') return [];
      const [, , kind = ''] = Type.split('::');
      // `Name`, or the name of the type: `BackupVaultName`, `TableName` of a GlobalTable, `LogGroupName`.
      const property = Object.keys(Properties).find(
        (name) => name === 'Name' || (name.endsWith('Name') && kind.endsWith(name.slice(0, -'Name'.length))),
      );
      if (property === undefined) return [];
      const problem = `is retained and has a fixed name (${property}): after a failed first creation it stays, and the next creation collides with it. Use RETAIN_ON_UPDATE_OR_DELETE`;
      return [{ at: `${stack} ${id}`, problem }];
    }),
  );
}
