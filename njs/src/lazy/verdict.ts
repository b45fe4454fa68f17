/** Looks a client up on the lists: loaded into a request only when its address has a hint. */
import { verdict } from '../handlers/verdict.ts';

export default { run: verdict };
