/** Hot bundle: imported at http level, so every request that touches JavaScript starts it. List functions only. */
import { attackTypes, note } from './handlers/note.ts';
import { own } from './handlers/own.ts';
import { payloads, verdict } from './handlers/rarely.ts';

export default { attackTypes, note, own, payloads, verdict };
