import fc from 'fast-check';
import { holdsCardNumber, maskDigits, mayHoldCardNumber } from '../../../processor/card-number';

/** Appends the Luhn digit (ISO/IEC 7812-1), worked out digit by digit from the right. */
function withLuhnDigit(payload: string): string {
  let sum = 0;
  [...payload].reverse().forEach((digit, i) => {
    const value = Number(digit) * (i % 2 === 0 ? 2 : 1);
    sum += Math.floor(value / 10) + (value % 10);
  });
  return payload + ((10 - (sum % 10)) % 10);
}

const digits = (min: number, max: number) =>
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength: min, maxLength: max }).map((d) => d.join(''));

test.each([
  ['4111111111111111', true],
  ['4111 1111 1111 1111', true],
  ['4111-1111-1111-1111', true],
  ['pay 4111 1111-11111111 now', true],
  ['x4111111111111111y', true],
  ['378282246310005', true],
  ['6304000000000000000', true],
  ['4111111111111112', false],
  ['411111111111111', false],
  ['4111 1111 1111 1111 12/27', true],
  ['４１１１１１１１１１１１１１１１', true],
  ['4111–1111–1111–1111', true],
  ['4111−1111−1111−1111', true],
  ['4111\u200b1111\u00ad1111\n1111', true],
  ['4\ufe0f\u20e3111111111111111', true],
  ['٤١١١ ١١١١ ١١١١ ١١١١', true],
  ['४१११११११११११११११', true],
  [`\u{116de}${'\u{116d1}'.repeat(15)}`, true],
  ['4111.1111.1111.1111', false],
  ['41111111111111110000000', false],
  ['000000000000', false],
  ['', false],
])('whether %j holds a card number: %s', (text, expected) => {
  expect(holdsCardNumber(text)).toBe(expected);
});

test('finds every Luhn number of 13 to 19 digits, however it is grouped', () => {
  fc.assert(
    fc.property(
      digits(12, 18),
      fc.array(fc.constantFrom('', ' ', '-', '  '), { maxLength: 19 }),
      (payload, separators) => {
        const number = [...withLuhnDigit(payload)]
          .map((digit, i) => digit + (separators[i] ?? ''))
          .join('')
          .trim();
        expect(holdsCardNumber(`a ${number.replace(/[ -]+$/, '')} b`)).toBe(true);
        expect(mayHoldCardNumber(number)).toBe(true);
      },
    ),
  );
});

test('a number one digit off is none', () => {
  fc.assert(
    fc.property(digits(12, 18), fc.integer({ min: 1, max: 9 }), (payload, off) => {
      const number = withLuhnDigit(payload);
      const wrong = number.slice(0, -1) + ((Number(number.at(-1)) + off) % 10);
      expect(holdsCardNumber(wrong)).toBe(false);
    }),
  );
});

test('the cheap test never says no to a text that holds a card number', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('4', '1', ' ', '-', 'a', '５', '–', '\\'), maxLength: 60 }),
      (text) => {
        expect(mayHoldCardNumber(text) || !holdsCardNumber(text)).toBe(true);
      },
    ),
  );
  expect(mayHoldCardNumber(String.raw`"4111\n1111\n1111\n1111"`)).toBe(true);
  expect(mayHoldCardNumber('{"amount":4980,"occurredAt":"2026-04-01T09:30:00.000+09:00"}')).toBe(false);
});

test('worth a look is what has 13 digits in a row but for what may stand between, a backslash, or a character beyond ASCII', () => {
  const characters = [...'0123456789012345678901234567890123456789 -\x7f\n\0a":.', '0123456789-0123', '\\', 'é', '１'];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...characters), { maxLength: 60 }), (parts) => {
      const text = parts.join('');
      const expected = /\d{13}|[\\\u0080-\uffff]/.test(text.replace(/[\p{Cc} -]/gu, ''));
      expect(mayHoldCardNumber(text)).toBe(expected);
    }),
    { numRuns: 5_000 },
  );
});

test('masking leaves no run of 13 digits and keeps shorter ones', () => {
  expect(maskDigits('card 4111 1111 1111 1111, order 123456789012')).toBe('card [digits removed], order 123456789012');
  expect(maskDigits('４１１１１１１１１１１１１１１１')).toBe('[digits removed]');
  expect(maskDigits(String.raw`"\u0034\u0031\u0031\u00311111\n1111 1111`)).toBe('"[digits removed]');
  expect(maskDigits(Buffer.from('4111111111111111"', 'utf16le').toString())).toBe('[digits removed]\0"\0');
});
