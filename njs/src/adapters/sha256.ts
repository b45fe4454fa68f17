import cr from 'crypto';

/** SHA-256 as 64 hexadecimal digits. */
export function sha256(text: string): string {
  return cr.createHash('sha256').update(text).digest('hex');
}
