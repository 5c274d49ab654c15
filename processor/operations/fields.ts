import * as z from 'zod';

const PERSON = 'must be the name a person signs in with: 1 to 64 characters of A-Z a-z 0-9 . _ @ + -';

/** Who does it, for the records. */
export const person = z.string(PERSON).regex(/^[A-Za-z0-9._@+-]{1,64}$/, PERSON);

const NOTE = 'must say why, in 1 to 500 characters';

/** Why it is done. */
export const note = z.string(NOTE).refine((text) => text.trim() !== '' && [...text].length <= 500, NOTE);
