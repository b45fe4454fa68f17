import { describe, expect, it } from 'vitest';
import { crsVersionOf } from '../../../scripts/kits/inspect.ts';
import { isAtLeast } from '../../../scripts/kits/system.ts';

describe('isAtLeast', () => {
  it.each([
    ['0.8.9', '0.8.9', true],
    ['0.7.9', '0.8.9', false],
    ['0.8.10', '0.8.9', true],
    ['0.10.0', '0.8.9', true],
    ['1.0.2', '0.8.9', true],
    ['0.8', '0.8.9', false],
  ])('%s against the floor %s: %s', (version, floor, expected) => {
    expect(isAtLeast(version, floor)).toBe(expected);
  });
});

describe('crsVersionOf', () => {
  it('reads the headline of both generations of the rule set', () => {
    expect(crsVersionOf('# ----\n# OWASP ModSecurity Core Rule Set ver.3.3.7\n# Copyright')).toBe('3.3.7');
    expect(crsVersionOf('# OWASP CRS ver.4.25.0\n')).toBe('4.25.0');
  });

  it('says nothing about another file', () => {
    expect(crsVersionOf('SecRuleEngine On\n')).toBeUndefined();
  });
});
