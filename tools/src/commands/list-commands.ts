import { explain, explainHelp } from './explain.ts';
import type { CommandTable } from './help.ts';
import { lists, listsHelp } from './lists.ts';
import { replay, replayHelp } from './replay.ts';
import { triggers, triggersHelp } from './triggers.ts';

/**
 * Commands of lists and triggers. They join the table of `cli.ts` when NGINX serves the control API, reads
 * `wallguard/lists.geo` and writes payloads into telemetry: until then they would promise what nobody does.
 */
export const listCommands: CommandTable = {
  lists: { summary: 'show and change allowlist, denylist and graylist', help: listsHelp, run: lists },
  triggers: { summary: 'show, change and try what lists an address by itself', help: triggersHelp, run: triggers },
  explain: { summary: 'say why an address is on a list, or how near it is', help: explainHelp, run: explain },
  replay: { summary: 'run recorded telemetry through the triggers', help: replayHelp, run: replay },
};
