import { operationsOf } from '../../../scripts/operations';

test('says how to describe the stack when nothing does', () => {
  expect(() => operationsOf('/nonexistent')).toThrow(
    /^cfn-outputs\/flat-outputs\.json: ENOENT.*; write it with `npm run outputs`$/,
  );
});
