/** Hot bundle: imported at http level, so every request that touches JavaScript starts it. List functions only. */
import { note } from './handlers/note.ts';

export default { note };
