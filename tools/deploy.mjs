// `npm run deploy`.
import './deploy/newer-node.mjs';

await import('./deploy.ts');
