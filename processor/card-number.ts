/** Thirteen digits in a row but for spaces and hyphens, or what may stand for digits: an escape, a character beyond ASCII. */
const CANDIDATE = /\d(?:[\s-]*\d){12}|\\u|[^\0-\x7f]/;
const DIGIT_RUN = /\d+(?:[\s\p{Pd}]+\d+)*/gu;
const SEPARATOR = /[\s\p{Pd}]+/u;
const SHORTEST = 13;
const LONGEST = 19;

/** Whether `text` is worth a look with `holdsCardNumber`; false is certain, true is not. */
export function mayHoldCardNumber(text: string): boolean {
  return CANDIDATE.test(text);
}

/**
 * Whether a text holds a run of 13 to 19 digits that passes the Luhn check (ISO/IEC 7812-1). Spaces and hyphens between
 * groups of digits are ignored, and a run may begin and end at any group, so a number is also found in front of its
 * expiry date. Full-width and other compatibility digits count as their ASCII forms.
 */
export function holdsCardNumber(text: string): boolean {
  for (const [run] of text.normalize('NFKC').matchAll(DIGIT_RUN)) {
    const groups = run.split(SEPARATOR);
    for (let first = 0; first < groups.length; first++) {
      let digits = '';
      for (let last = first; last < groups.length && digits.length <= LONGEST; last++) {
        digits += groups[last];
        if (digits.length >= SHORTEST && digits.length <= LONGEST && passesLuhn(digits)) return true;
      }
    }
  }
  return false;
}

/** The text with every run of digits that could be a card number replaced, for input too broken to look at field by field. */
export function maskDigits(text: string): string {
  return text
    .normalize('NFKC')
    .replace(DIGIT_RUN, (run) => (run.replace(/\D/g, '').length >= SHORTEST ? '[digits removed]' : run));
}

function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 48;
    const doubled = i % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
