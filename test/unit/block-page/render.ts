import type { z } from 'zod';
import { settingsSchema, type Settings } from '../../../schema/settings.ts';
import { answer, htmlTemplate, type Piece } from '../../../tools/src/block-page/answers.ts';
import { languagesFor } from '../../../tools/src/block-page/languages.ts';

type BlockPage = NonNullable<z.input<typeof settingsSchema>['block_page']>;

export const values = {
  request_id: '0123456789abcdef0123456789abcdef',
  request_uuid: '01234567-89ab-cdef-0123-456789abcdef',
  client_ip: '2001:db8::7',
  timestamp: '2026-11-22T01:46:00Z',
};

export function settingsWith(blockPage: BlockPage): Settings {
  return settingsSchema.parse({ block_page: blockPage });
}

/** An answer as a client gets it, put together without NGINX. */
export function render(format: Parameters<typeof answer>[0], settings: Settings, tag = 'en', own?: string): string {
  const language = languagesFor(settings).find((one) => one.tag === tag);
  if (language === undefined) throw new Error(`${tag} is not offered`);
  const parts = (piece: Piece): ReturnType<Extract<Piece, (...given: never[]) => unknown>> =>
    typeof piece === 'function' ? piece(language) : [piece];
  return answer(format, settings, htmlTemplate(settings, own))
    .flatMap(parts)
    .map((part) => (typeof part === 'string' ? part : values[part.value]))
    .join('');
}
