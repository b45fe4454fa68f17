/**
 * Writing NGINX configuration text. Grammar: validators-and-doctors.md section 2.
 */

/**
 * One NGINX parameter in double quotes, regular expressions of `map` included. `$` stays what NGINX makes of it there
 * (a variable, or an anchor in a regular expression): use {@link literal} for plain text.
 *
 * @throws RangeError over 4095 bytes, which NGINX refuses ("too long parameter")
 */
export function quote(text: string): string {
  if (Buffer.byteLength(text) > 4095) {
    throw new RangeError(`an NGINX parameter holds at most 4095 bytes, this one has ${Buffer.byteLength(text)}`);
  }
  return `"${text.replace(/[\\"]/g, '\\$&')}"`;
}

/** Like {@link quote}, for text that must not hold variables: NGINX has no escape for `$`. */
export function literal(text: string): string {
  if (text.includes('$')) {
    throw new RangeError(`"$" cannot be written as text in NGINX configuration: ${text.slice(0, 40)}`);
  }
  return quote(text);
}

/** A block directive with its body indented by four columns. */
export function block(header: string, body: readonly string[]): string[] {
  return [`${header} {`, ...body.map((line) => (line === '' ? '' : `    ${line}`)), '}'];
}
