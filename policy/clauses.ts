import { APPI } from './clauses-appi';
import { LGPD } from './clauses-lgpd';
import { PCI } from './clauses-pci';

/** What a clause asks, in our words, and who does what about it. */
export interface Clause {
  asks: string;
  /** What is left to whoever runs the stack; none where the stack's controls are all there is to it. */
  operator?: string;
  /** Why nothing of the stack serves it, where nothing does. */
  outside?: string;
  /** Whether the number could be compared with a published text; false is to be looked up before it is quoted. */
  checked?: false;
}

export interface Standard {
  name: string;
  version: string;
  /** Where its text is. */
  source: string;
  /** What the numbers were compared with. */
  compared: string;
}

export const STANDARDS: Record<string, Standard> = {
  PCI: {
    name: 'PCI DSS',
    version: '4.0.1, June 2024',
    source: 'https://www.pcisecuritystandards.org/document_library/',
    compared: 'a machine-readable list of the requirements of 4.0.1',
  },
  APPI: {
    name: 'APPI',
    version:
      'Act on the Protection of Personal Information (Japan), No. 57 of 2003 as numbered since April 2023, and GL: the guidelines of its commission, general rules, chapter 10',
    source: 'https://www.ppc.go.jp/personalinfo/legal/guidelines_tsusoku/',
    compared: 'commentaries that quote the numbers; those marked ~ could not be compared',
  },
  LGPD: {
    name: 'LGPD',
    version:
      'Lei Geral de Proteção de Dados (Brazil), Law No. 13,709 of 2018 as amended; incidents: Resolution CD/ANPD No. 15 of 2024',
    source: 'https://www.planalto.gov.br/ccivil_03/_ato2015-2018/2018/lei/l13709.htm',
    compared: 'published copies of the articles',
  },
};

export const CLAUSES = { ...PCI, ...APPI, ...LGPD } as const satisfies Record<string, Clause>;

/** Such as `PCI 10.5.1`, `APPI GL 10-6(1)`, `LGPD 46`. */
export type ClauseId = keyof typeof CLAUSES;

/** The standard that a clause belongs to, by the word that begins its id. */
export const standardOf = (id: ClauseId): string => id.split(' ')[0] as string;
