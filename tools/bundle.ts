/**
 * Bundles every deployed function into dist/functions/<name>/index.js, with a source map.
 *
 *   node tools/bundle.ts
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { build, type Metafile } from 'esbuild';
import { DEPLOYED, type FunctionName } from '#contract/deployed-functions.ts';

const ROOT = resolve(import.meta.dirname, '..');

/** The default output folder. */
export const BUNDLES = join(ROOT, 'dist/functions');

export interface Bundle {
  /** Absolute path of the folder with `index.js` and its source map. */
  readonly folder: string;
  /** Size of `index.js`. */
  readonly bytes: number;
  /** Path of each source file relative to the project → its bytes in the bundle. */
  readonly inputs: Readonly<Record<string, number>>;
}

export interface FunctionBundle extends Bundle {
  readonly name: FunctionName;
}

/**
 * Bundles all functions in one esbuild call. The folder of a function is deployed as its code; `index.js` exports
 * `handler`.
 * @param folder Absolute path. It is emptied first.
 */
export async function bundleFunctions(folder: string = BUNDLES): Promise<readonly FunctionBundle[]> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  // Without it, Node.js would treat the bundles as ES modules because of the project's package.json.
  await writeFile(join(folder, 'package.json'), '{"type":"commonjs"}\n');
  const names = Object.keys(DEPLOYED) as FunctionName[];
  const entries = names.map((name) => [name, `functions/${DEPLOYED[name].entry}`] as const);
  const outputs = await bundle(Object.fromEntries(entries), folder, {
    '@aws-sdk/credential-provider-node': './functions/wiring/environment-credentials.ts',
  });
  return names.map((name) => ({ name, ...toBundle(join(folder, name), outputs) }));
}

/**
 * Bundles another file with the same options, but without the replacement of SDK packages.
 * @param folder Absolute path, inside a folder with bundles of functions.
 */
export async function bundleFile(entry: string, folder: string): Promise<Bundle> {
  const outputs = await bundle({ '.': relative(ROOT, entry) }, folder, {});
  return toBundle(folder, outputs);
}

/**
 * Bundles as CommonJS, which loads faster than ES modules: there, the import of node:http alone takes 35 ms more.
 * @param entries Folder of the bundle relative to `outdir` → source file relative to the project.
 * @param alias Packages to replace, by name.
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
    // The ES modules of the SDK are smaller. By default esbuild uses `main`.
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
  if (output === undefined) throw new Error(`esbuild wrote no bundle to ${folder}`);
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
