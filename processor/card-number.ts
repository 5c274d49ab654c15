/**
 * What may stand between digits of a number: spaces, hyphens of any script, and what does not show (control and format
 * characters, combining marks, bytes that were no character).
 */
const BETWEEN = '[\\s\\p{Pd}\\p{C}\\p{M}\u2212\u2043\uFFFD]+';
const SEPARATOR = new RegExp(BETWEEN, 'u');
const DIGIT_RUN = new RegExp(`\\d+(?:${BETWEEN}\\d+)*`, 'gu');
const OTHER_DIGIT = /(?!\d)\p{Nd}/gu;
const DECIMAL_DIGIT = /^\p{Nd}$/u;
const [SPACE, HYPHEN, DIGIT_0, DIGIT_9, DELETE] = [0x20, 0x2d, 0x30, 0x39, 0x7f];
const SHORTEST = 13;
const LONGEST = 19;

/**
 * Whether a text is worth a look with `holdsCardNumber`: false is certain, true is not. True for 13 digits in a row but for
 * spaces and hyphens, and for what may stand for digits or between them: a backslash (of JSON), a character beyond ASCII.
 */
export function mayHoldCardNumber(text: string): boolean {
  if (text.includes('\\') || Buffer.byteLength(text) !== text.length) return true;
  let digits = 0;
  for (let i = nextRun(text, 0); i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (isDigit(code)) {
      digits++;
      if (digits === SHORTEST) return true;
    } else if (!isBetween(code)) {
      digits = 0;
      i = nextRun(text, i + 1) - 1;
    }
  }
  return false;
}

/** Where from a place on the first run of 13 characters begins that may all be of one number; most texts are read in strides of 13. */
function nextRun(text: string, from: number): number {
  for (let start = from; start + SHORTEST <= text.length; ) {
    let at = start + SHORTEST - 1;
    for (let code = text.charCodeAt(at); at >= start && (isDigit(code) || isBetween(code)); code = text.charCodeAt(at))
      at--;
    if (at < start) return start;
    start = at + 1;
  }
  return text.length;
}

function isDigit(code: number): boolean {
  return code >= DIGIT_0 && code <= DIGIT_9;
}

/** Of ASCII, what `BETWEEN` says. */
function isBetween(code: number): boolean {
  return code <= SPACE || code === HYPHEN || code === DELETE;
}

/**
 * Whether a text holds a run of 13 to 19 digits that passes the Luhn check (ISO/IEC 7812-1). Spaces, hyphens and what does
 * not show are ignored between groups of digits, and a run may begin and end at any group, so a number is also found in
 * front of its expiry date. Digits of any script count, full-width and other compatibility forms included.
 */
export function holdsCardNumber(text: string): boolean {
  for (const [run] of asciiDigits(text).matchAll(DIGIT_RUN)) {
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

/**
 * The text with every run of digits that could be a card number replaced, for input too broken to look at field by field.
 * Escapes of JSON are read, since nobody knows what is inside a string.
 */
export function maskDigits(text: string): string {
  const unescaped = text.replace(/\\u([0-9a-f]{4})/gi, (_, code) => String.fromCharCode(Number.parseInt(code, 16)));
  return asciiDigits(unescaped.replace(/\\[bfnrt]/g, ' ')).replace(DIGIT_RUN, (run) =>
    run.replace(/\D/g, '').length >= SHORTEST ? '[digits removed]' : run,
  );
}

/** The text in compatibility form, with the decimal digits of all scripts as ASCII ones. */
function asciiDigits(text: string): string {
  return text.normalize('NFKC').replace(OTHER_DIGIT, (digit) => {
    // Unicode encodes the ten digits of a script in order, and next to them nothing but another ten.
    const code = digit.codePointAt(0) as number;
    let before = 0;
    while (DECIMAL_DIGIT.test(String.fromCodePoint(code - before - 1))) before++;
    return String(before % 10);
  });
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
