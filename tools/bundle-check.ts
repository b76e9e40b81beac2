/**
 * Bundles every function and prints the size and the AWS clients of each bundle. Exits with 1 if a bundle contains a
 * forbidden package or file, or if the bundle of the polled function is too large.
 *
 *   node tools/bundle-check.ts
 */

import { DEPLOYED } from '#contract/deployed-functions.ts';
import { markdownTable } from '../bench/markdown.ts';
import { bundleFunctions } from './bundle.ts';
import { checkBundles, findClients, toKilobytes } from './bundles/check-bundles.ts';

const bundles = await bundleFunctions();
const rows = bundles.map((bundle) => [
  bundle.name,
  String(toKilobytes(bundle.bytes)),
  findClients(bundle).join(', '),
]);
console.log(markdownTable([['function', 'KB', 'clients'], ...rows]));

const problems = checkBundles(bundles, DEPLOYED);
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
