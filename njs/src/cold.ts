/** Cold bundle: imported only in locations that serve pages, control and monitor. List functions only. */
import { blockPage } from './handlers/block-page.ts';

export default { blockPage };
