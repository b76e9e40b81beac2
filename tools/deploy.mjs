// `npm run deploy`.
import './require-node.mjs';

await import('./deploy.ts');
