/**
 * Bundles every function, prints what each weighs and which clients of AWS it carries, and ends with 1 when one
 * carries what it must not, or the one that is polled weighs too much.
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

const faults = checkBundles(bundles, DEPLOYED);
for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exitCode = 1;
