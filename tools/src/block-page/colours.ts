/** Colours and contrast. Source: WCAG 2.2, definitions of relative luminance and contrast ratio. */
import type { Settings } from '../../../schema/settings.ts';

type Brand = Settings['block_page']['brand'];

/** `#rrggbb`. */
export type Colour = string;

/** Colours of the page in one colour scheme; text on `card` or `panel` has a contrast of at least 4.5. */
export interface Palette {
  /** Behind the card. */
  readonly page: Colour;
  readonly card: Colour;
  /** Behind the details. */
  readonly panel: Colour;
  readonly line: Colour;
  readonly text: Colour;
  /** Text of less weight. */
  readonly muted: Colour;
  /** Links and the button; text on it has the colour of the card. */
  readonly accent: Colour;
}

/** WCAG 1.4.3 for text of any size. */
export const minimumContrast = 4.5;

/** What the accent is lightened to on a dark page: the bare minimum looks dull there. */
const darkAccentContrast = 6;

const white = '#ffffff';

/** Contrast ratio, 1 to 21. */
export function contrast(one: Colour, other: Colour): number {
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

/** Relative luminance, 0 (black) to 1 (white). */
function luminance(colour: Colour): number {
  const [red = 0, green = 0, blue = 0] = channels(colour).map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** `share` of `added` in `colour`, 0 to 1. */
export function mix(colour: Colour, added: Colour, share: number): Colour {
  const others = channels(added);
  const mixed = channels(colour).map((value, index) => Math.round(value * (1 - share) + (others[index] ?? 0) * share));
  return `#${mixed.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}

/** The brand's own colours, and what follows from them. */
export function brandPalette({ background, text, accent }: Brand): Palette {
  return palette(background.toLowerCase(), text.toLowerCase(), accent.toLowerCase());
}

/**
 * Colours for people who prefer a dark page, with the brand's accent lightened until it can be read.
 *
 * @returns undefined when the brand's own background is dark: it serves both preferences
 */
export function darkPalette({ background, accent }: Brand): Palette | undefined {
  if (isDark(background)) {
    return undefined;
  }
  const card = '#161b22';
  let light = accent.toLowerCase();
  for (let share = 0; contrast(light, card) < darkAccentContrast; share += 0.05) {
    light = mix(accent, white, share);
  }
  return palette(card, '#e6eaf0', light);
}

export function isDark(colour: Colour): boolean {
  return contrast(colour, white) > contrast(colour, '#000000');
}

function palette(card: Colour, text: Colour, accent: Colour): Palette {
  const readable = (colour: Colour): boolean => contrast(text, colour) >= minimumContrast;
  const tinted = mix(card, text, 0.05);
  const panel = readable(tinted) ? tinted : card;
  const softer = mix(text, card, 0.25);
  return {
    page: isDark(card) ? mix(card, '#000000', 0.35) : tinted,
    card,
    panel,
    line: mix(card, text, 0.18),
    text,
    muted: [card, panel].every((behind) => contrast(softer, behind) >= minimumContrast) ? softer : text,
    accent,
  };
}

function channels(colour: Colour): number[] {
  return [1, 3, 5].map((start) => Number.parseInt(colour.slice(start, start + 2), 16));
}
