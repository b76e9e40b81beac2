// `npm run image:push`.
import '../local/require-node.mjs';

await import('./push-image.ts');
