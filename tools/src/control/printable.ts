/**
 * Text from elsewhere for a terminal: a reason, an author or a host name may have been written to move the cursor, to
 * hide, or to turn the line around. What is not visible is shown as an escape.
 */
export function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
