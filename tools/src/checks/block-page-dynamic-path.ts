import { blockPageTargets, pageFile } from '../evidence/block-pages.ts';
import { isNotKnown } from '../evidence/evidence.ts';
import { atDirective } from './check.ts';
import type { Check } from './check.ts';

/** A page with variables that is selected by a variable and was not announced. */
export const check: Check<'config' | 'host'> = {
  id: 'block-page-dynamic-path',
  title: 'Variables of a blocking page will not be replaced',
  category: 'modes and engine',
  severity: 'warning',
  confidence: 'certain',
  needs: ['config', 'host'],
  why: `A page that a variable selects is not known when the configuration is loaded. When it has variables of its own, such
as \`\${request_id}\`, its path must also be given to \`wallarm_block_page_add_dynamic_path\` in the http block; otherwise
visitors see \`\${request_id}\` and have no id to report.`,
  reference: 'https://docs.wallarm.com/admin-en/configuration-guides/configure-block-page-and-code/',

  *asks({ config }) {
    for (const target of blockPageTargets(config)) {
      const file = target.isSelected ? pageFile(target) : undefined;
      if (file !== undefined) yield { kind: 'text', of: file };
    }
  },

  *evaluate({ config, host }) {
    const selected = blockPageTargets(config).filter((target) => target.isSelected && pageFile(target) !== undefined);
    if (selected.length === 0) yield { skipped: 'no blocking page is selected by a variable' };
    const announced = new Set(config.all('wallarm_block_page_add_dynamic_path').flatMap(({ args }) => args));
    for (const target of selected) {
      const file = pageFile(target) ?? '';
      if (announced.has(file)) continue;
      const text = host.ask('text', file);
      if (isNotKnown(text)) yield { unknown: text.reason };
      if (text.state !== 'present' || !/\$\{\w+\}/.test(text.value)) continue;
      yield {
        at: atDirective(target.node),
        message: `${file} has variables and is selected by a variable, but is not announced`,
        remedy: 'announce it in the http block',
        snippet: `wallarm_block_page_add_dynamic_path ${file};`,
      };
    }
  },
};
