/**
 * Attack type of a ModSecurity rule, in the vendor's codes (wallarm-node.md 7) as far as it has one.
 *
 * By rule number, because tags of some rules are empty in CRS 3.3.4 (njs-capabilities.md 7); rules that are not of the
 * Core Rule Set by their `attack-…` tag. Empty for rules that see no attack in a value: protocol and policy notices
 * (911, 912, 920), scores and correlation (901, 905, 949, 959, 980), and whatever has neither number nor tag.
 */
export function typeOfRule(ruleId: string, tags: readonly string[]): string {
  const own = ownRules(ruleId);
  if (own !== '') {
    return own;
  }
  return /^9\d{5}$/.test(ruleId) ? coreRuleType(ruleId) : taggedType(tags);
}

/** Rules that the generated configuration adds. */
function ownRules(ruleId: string): string {
  return ruleId === '190010' ? 'ptrav' : '';
}

function coreRuleType(ruleId: string): string {
  switch (ruleId) {
    case '921200':
      return 'ldapi';
    case '934110':
      return 'ssrf';
    case '942290':
      return 'nosqli';
  }
  switch (ruleId.slice(0, 3)) {
    case '913':
      return 'scanner';
    case '921':
      return 'crlf';
    case '930':
      return 'ptrav';
    // A remote file is included to be run.
    case '931':
    case '932':
    case '933':
    case '934':
    case '944':
      return 'rce';
    case '941':
      return 'xss';
    case '942':
      return 'sqli';
    // The vendor has no code for it.
    case '943':
      return 'session_fixation';
    case '950':
    case '951':
    case '952':
    case '953':
    case '954':
      return 'infoleak';
    default:
      return '';
  }
}

function taggedType(tags: readonly string[]): string {
  for (let index = 0; index < tags.length; index++) {
    const type = tagType(tags[index] as string);
    if (type !== '') {
      return type;
    }
  }
  return '';
}

/** Tags of CRS and of rules written after its example; `experimental` marks a rule whose finds never count. */
function tagType(tag: string): string {
  switch (tag.toLowerCase()) {
    case 'experimental':
      return 'experimental';
    case 'attack-sqli':
      return 'sqli';
    case 'attack-nosqli':
      return 'nosqli';
    case 'attack-xss':
      return 'xss';
    case 'attack-lfi':
      return 'ptrav';
    case 'attack-rce':
    case 'attack-rfi':
    case 'attack-injection-php':
    case 'attack-injection-java':
    case 'attack-injection-generic':
      return 'rce';
    case 'attack-ssrf':
      return 'ssrf';
    case 'attack-ssti':
      return 'ssti';
    case 'attack-xxe':
      return 'xxe';
    case 'attack-ldap':
    case 'attack-ldapi':
      return 'ldapi';
    case 'attack-crlf':
      return 'crlf';
    case 'attack-redirect':
      return 'redir';
    case 'attack-fixation':
      return 'session_fixation';
    case 'attack-reputation-scanner':
      return 'scanner';
    case 'attack-disclosure':
      return 'infoleak';
    default:
      return '';
  }
}
