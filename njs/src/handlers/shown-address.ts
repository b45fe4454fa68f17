import { hotSettings } from '../adapters/hot-settings.ts';
import { keyedHash } from '../adapters/keyed-hash.ts';
import { truncateAddress } from '../core/telemetry/address.ts';

/** An address or network as telemetry may show it. */
export function shownAddress(address: string): string {
  const settings = hotSettings();
  switch (settings.address) {
    case 'truncate':
      return truncateAddress(address.replace(/\/.*/, ''));
    case 'hmac':
      return keyedHash(address, settings.hmacKey);
    case 'keep':
      return address;
  }
}
