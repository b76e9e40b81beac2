// `npm run local:rotate-gate-keys`.
import '../local/require-node.mjs';

await import('./local-rotate-gate-keys.ts');
