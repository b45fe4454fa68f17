/** `npm run build`: the bundles, the CLI and the drop-in for default settings, into `dist/`. */
import { buildAll } from './bundle.ts';

await buildAll();
