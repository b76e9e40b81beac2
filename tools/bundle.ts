/**
 * Bundles every deployed function into dist/functions/<name>/index.js, with its source map beside it.
 *
 *   node tools/bundle.ts
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { build, type Metafile } from 'esbuild';
import { DEPLOYED, type FunctionName } from '#contract/deployed-functions.ts';

const ROOT = resolve(import.meta.dirname, '..');

/** Where bundles go unless said otherwise. */
export const BUNDLES = join(ROOT, 'dist/functions');

export interface Bundle {
  /** Absolute: holds `index.js` and its source map. */
  readonly folder: string;
  /** Of `index.js`. */
  readonly bytes: number;
  /** Every file that is in it, below the root of the project, by the bytes of it that are. */
  readonly inputs: Readonly<Record<string, number>>;
}

export interface FunctionBundle extends Bundle {
  readonly name: FunctionName;
}

/**
 * Bundles all functions in one call of esbuild. The folder of each is what is deployed of it: `index.js` exports
 * `handler`.
 * @param folder absolute; emptied first
 */
export async function bundleFunctions(folder: string = BUNDLES): Promise<readonly FunctionBundle[]> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  // Here the project's package.json would make modules of them; in Lambda there is none.
  await writeFile(join(folder, 'package.json'), '{"type":"commonjs"}\n');
  const names = Object.keys(DEPLOYED) as FunctionName[];
  const entries = names.map((name) => [name, `functions/${DEPLOYED[name].entry}`] as const);
  const outputs = await bundle(Object.fromEntries(entries), folder, {
    '@aws-sdk/credential-provider-node': './functions/wiring/environment-credentials.ts',
  });
  return names.map((name) => ({ name, ...toBundle(join(folder, name), outputs) }));
}

/**
 * Bundles another file in the same way, but with all of the SDK's own.
 * @param folder absolute, below one with bundles of functions in it
 */
export async function bundleFile(entry: string, folder: string): Promise<Bundle> {
  const outputs = await bundle({ '.': relative(ROOT, entry) }, folder, {});
  return toBundle(folder, outputs);
}

/**
 * As CommonJS, which loads faster than modules do: an import of node:http alone costs those 35 ms more.
 * @param entries folder of the bundle, below `outdir` → file, below the root of the project
 * @param alias packages that something else stands for
 */
async function bundle(
  entries: Readonly<Record<string, string>>,
  outdir: string,
  alias: Readonly<Record<string, string>>,
): Promise<Metafile['outputs']> {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: Object.entries(entries).map(([name, file]) => ({ in: file, out: join(name, 'index') })),
    outdir,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    // The SDK's modules are smaller; without this esbuild would take `main` alone.
    mainFields: ['module', 'main'],
    alias: { ...alias },
    minify: true,
    sourcemap: 'linked',
    sourcesContent: false,
    metafile: true,
    logLevel: 'warning',
  });
  return metafile.outputs;
}

function toBundle(folder: string, outputs: Metafile['outputs']): Bundle {
  const output = outputs[relative(ROOT, join(folder, 'index.js'))];
  if (output === undefined) throw new Error(`esbuild made no bundle in ${folder}`);
  const inputs = Object.entries(output.inputs).map(([path, { bytesInOutput }]) => [path, bytesInOutput]);
  return { folder, bytes: output.bytes, inputs: Object.fromEntries(inputs) };
}

if (import.meta.main) {
  const began = performance.now();
  const bundles = await bundleFunctions();
  const kb = Math.round(bundles.reduce((sum, { bytes }) => sum + bytes, 0) / 1000);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`${bundles.length} functions, ${kb} KB, in ${relative(process.cwd(), BUNDLES)} (${seconds} s)`);
}
