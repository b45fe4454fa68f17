/**
 * Attack types in the vendor's codes.
 *
 * The mask goes up to 2^52, past what JavaScript's bit operators can hold, so it is taken apart by division; every sum
 * of its bits is exact in a double. Bits without a published name are kept as `bit<N>`. Source: wallarm-node.md 3.2.
 */

/**
 * Types of one request.
 *
 * @param mask  `$wallarm_attack_type`: a decimal sum of bits; `0`, empty and `-` all mean no attack
 * @param list  `$wallarm_attack_type_list`: `xss|sqli`; used where the mask is no number
 */
export function attackTypes(mask: string, list: string): string[] {
  const sum = Number(mask);
  if (sum > 0 && sum <= 9007199254740991) {
    return namesOfBits(sum);
  }
  return list === '' || list === '-' || mask === '0' ? [] : knownForm(list.split('|'));
}

/** Name of each bit from 0 on, empty where none is published. The list stands in a function: see the bundle's rules. */
export function attackTypeNames(): string[] {
  return (
    '|xss|sqli|rce|xxe|ptrav|crlf|redir|nosqli|infoleak|brute|dirbust||ldapi|scanner|bot|bola|mass_assignment||ssrf|' +
    'blocked_source|api_abuse|vectors||credential_stuffing|ssi|mail_injection|ssti|invalid_xml|overlimit_res|' +
    'data_bomb|vpatch|undefined_endpoint|undefined_parameter|missing_auth|missing_parameter|invalid_parameter_value|' +
    'invalid_request|processing_overlimit|gql_depth|gql_value_size|gql_aliases|gql_doc_size|gql_docs_per_batch|' +
    'gql_introspection|gql_debug|account_takeover|security_crawlers|scraping|||file_upload_violation|' +
    'resource_consumption'
  ).split('|');
}

/** Every type that a line may name: what metrics may be labelled with. */
export function everyAttackType(): string[] {
  const names = attackTypeNames();
  const types: string[] = [];
  for (let bit = 0; bit <= 52; bit++) {
    types.push(nameOf(bit, names));
  }
  return types;
}

function namesOfBits(sum: number): string[] {
  const names = attackTypeNames();
  const types: string[] = [];
  let rest = Math.floor(sum);
  for (let bit = 0; rest > 0 && bit <= 52; bit++) {
    if (rest % 2 === 1) {
      types.push(nameOf(bit, names));
    }
    rest = Math.floor(rest / 2);
  }
  return types;
}

function nameOf(bit: number, names: readonly string[]): string {
  return names[bit] || 'bit' + bit;
}

/** Codes that can stand in a line; anything else would not be one of the vendor's. */
function knownForm(codes: readonly string[]): string[] {
  const types: string[] = [];
  for (let i = 0; i < codes.length && types.length < 53; i++) {
    const code = codes[i] as string;
    if (/^[a-z0-9_]{1,32}$/.test(code) && types.indexOf(code) < 0) {
      types.push(code);
    }
  }
  return types;
}
