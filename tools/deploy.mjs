// `npm run deploy`.
import '../local/require-node.mjs';

await import('./deploy.ts');
