import cr from 'crypto';

/** HMAC-SHA-256 as 64 hex digits. */
export function keyedHash(text: string, key: string): string {
  return cr.createHmac('sha256', key).update(text).digest('hex');
}
