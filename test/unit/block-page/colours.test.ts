import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  brandPalette,
  contrast,
  darkPalette,
  isDark,
  minimumContrast,
  mix,
} from '../../../tools/src/block-page/colours.ts';
import { settingsWith } from './render.ts';

const colour = fc.integer({ min: 0, max: 0xffffff }).map((value) => `#${value.toString(16).padStart(6, '0')}`);

describe('contrast', () => {
  test.each([
    // Examples that WCAG's own documents and other calculators agree on.
    ['#000000', '#ffffff', 21],
    ['#ffffff', '#ffffff', 1],
    ['#777777', '#ffffff', 4.48],
    ['#767676', '#ffffff', 4.54],
    ['#ff0000', '#ffffff', 4.0],
    ['#0000ff', '#ffffff', 8.59],
  ])('of %s on %s is %s', (one, other, ratio) => {
    expect(contrast(one, other)).toBeCloseTo(ratio, 1);
    expect(contrast(other, one)).toBe(contrast(one, other));
  });

  test('mix goes from one colour to the other', () => {
    expect([mix('#102030', '#ffffff', 0), mix('#102030', '#ffffff', 1), mix('#000000', '#ffffff', 0.5)]).toEqual([
      '#102030',
      '#ffffff',
      '#808080',
    ]);
  });
});

test('what is made from readable brand colours is readable, light and dark', () => {
  fc.assert(
    fc.property(colour, colour, colour, (background, text, accent) => {
      fc.pre(contrast(text, background) >= minimumContrast && contrast(accent, background) >= minimumContrast);
      const { brand } = settingsWith({ brand: { background, text, accent } }).block_page;
      const dark = darkPalette(brand);
      expect(dark === undefined).toBe(isDark(background));
      for (const palette of [brandPalette(brand), ...(dark === undefined ? [] : [dark])]) {
        for (const [front, behind] of [
          ['text', 'card'],
          ['text', 'panel'],
          ['muted', 'card'],
          ['accent', 'card'],
        ] as const) {
          expect(contrast(palette[front], palette[behind]), `${front} on ${behind}`).toBeGreaterThanOrEqual(4.5);
        }
      }
    }),
  );
});
