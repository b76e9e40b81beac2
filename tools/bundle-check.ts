/**
 * Bundles every function, prints what each weighs and which clients of AWS it carries, and ends with 1 when one
 * carries what it must not, or the one that is polled weighs too much.
 *
 *   node tools/bundle-check.ts
 */

import { DEPLOYED } from '#functions/deployed.ts';
import { markdown } from '../bench/markdown.ts';
import { bundleFunctions } from './bundle.ts';
import { clientsIn, faultsOf, kb } from './bundles/check.ts';

const bundles = await bundleFunctions();
const rows = bundles.map((bundle) => [bundle.name, String(kb(bundle.bytes)), clientsIn(bundle).join(', ')]);
console.log(markdown([['function', 'KB', 'clients'], ...rows]));

const faults = faultsOf(bundles, DEPLOYED);
for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exitCode = 1;
