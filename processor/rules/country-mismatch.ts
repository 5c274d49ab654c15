import { whole } from './parameters';
import { defineRule } from './rule';

export const countryMismatch = defineRule({
  name: 'country-mismatch',
  description: 'Different countries among card issuer, billing and shipping, of those the transaction names',
  source: 'ours, none published: gifts and forwarding make it common, so it needs a second sign',
  unit: 'countries',
  parameters: { count: whole(1, 2) },
  evaluate({ cardIssuerCountry, billingCountry, shippingCountry }, _facts, { count }) {
    const countries = Object.entries({ cardIssuerCountry, billingCountry, shippingCountry }).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    );
    const observed = new Set(countries.map(([, country]) => country)).size;
    return observed > count ? { observed, limit: count, ...Object.fromEntries(countries) } : undefined;
  },
});
