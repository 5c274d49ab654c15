import { numberOf, seal, unseal } from '../../../../processor/archive/seal';

const KEY = Buffer.alloc(32, 3);
const CONTENT = { customerId: 'cust-81f3' };

test('what was sealed is read with its key alone, for its line alone, and unchanged alone', () => {
  const sealed = seal(CONTENT, KEY, '2026-04-01', 'tx-1');
  expect(unseal(sealed, KEY, 'tx-1')).toEqual(CONTENT);
  expect(() => unseal(sealed, Buffer.alloc(32, 4), 'tx-1')).toThrow();
  expect(() => unseal(sealed, KEY, 'tx-2')).toThrow();
  const bytes = Buffer.from(sealed.sealed, 'base64');
  bytes[20] = (bytes[20] as number) ^ 1;
  expect(() => unseal({ ...sealed, sealed: bytes.toString('base64') }, KEY, 'tx-1')).toThrow();
});

test('the same content never looks the same, and shows nothing', () => {
  const sealed = Array.from({ length: 3 }, () => seal(CONTENT, KEY, '2026-04-01', 'tx-1').sealed);
  expect(new Set(sealed).size).toBe(3);
  expect(Buffer.from(sealed[0] as string, 'base64').toString('latin1')).not.toContain('cust');
});

test('a key has another number every day', () => {
  // python3 -c "import base64, hashlib; print(base64.b64encode(hashlib.sha256(b'\3' * 32 + b'2026-04-01').digest()[:16]))"
  expect(numberOf(KEY, '2026-04-01')).toBe('jX3ihcV9DCEkLmbTC62oVQ==');
  expect(numberOf(KEY, '2026-04-02')).not.toBe(numberOf(KEY, '2026-04-01'));
});
