/** Counts the payloads of an attack: loaded into a request only when the engine found one. */
import { payloads } from '../handlers/payloads.ts';

export default { run: payloads };
