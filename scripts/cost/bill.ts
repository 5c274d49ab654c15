import type { Resource } from '../graph';
import { FREE, PRICERS } from './pricers';
import { priceOf } from './prices';
import type { Usage } from './usage';

/** Something that is paid for: so much of a price of the table. */
export interface Item {
  what: string;
  /** Name in the price table. */
  price: string;
  /** In the price's unit. */
  quantity: number;
}

/** A line of the bill. */
export interface Line extends Item {
  /** Component of the stack, such as `database`. */
  component: string;
  unit: string;
  /** USD a unit. */
  unitUsd: number;
  usd: number;
  /** Whether the price was read from AWS's price list, not estimated. */
  checked: boolean;
}

export interface Bill {
  lines: Line[];
  /** USD a month by component, dearest first, and of all. */
  components: Record<string, number>;
  totalUsd: number;
  /** Part of the total that rests on estimated prices, USD. */
  uncheckedUsd: number;
  /** Types that neither cost nothing nor have a price here. */
  unpriced: string[];
}

/** What the resources cost in a month of such use. Lines of one component that are for the same thing are one. */
export function billOf(resources: readonly Resource[], usage: Usage): Bill {
  const lines = new Map<string, Line>();
  const unpriced = new Set<string>();
  for (const resource of resources) {
    const { type, name } = resource;
    const pricer = PRICERS[type];
    if (pricer === undefined) {
      if (!FREE.some((free) => type.startsWith(free))) unpriced.add(type);
      continue;
    }
    const component = name.split('-')[1] ?? name;
    for (const item of pricer(resource, usage, resources)) {
      if (item.quantity <= 0) continue;
      const { usd: unitUsd, unit, checked } = priceOf(item.price);
      const key = `${component}/${item.what}/${item.price}`;
      const quantity = (lines.get(key)?.quantity ?? 0) + item.quantity;
      lines.set(key, {
        ...item,
        component,
        quantity,
        unit,
        unitUsd,
        usd: quantity * unitUsd,
        checked: checked !== null,
      });
    }
  }
  const all = [...lines.values()];
  const components = new Map<string, number>();
  for (const { component, usd } of all) components.set(component, (components.get(component) ?? 0) + usd);
  return {
    lines: all,
    components: Object.fromEntries([...components].sort(([, a], [, b]) => b - a)),
    totalUsd: sum(all),
    uncheckedUsd: sum(all.filter(({ checked }) => !checked)),
    unpriced: [...unpriced].sort(),
  };
}

function sum(lines: readonly Line[]): number {
  return lines.reduce((total, { usd }) => total + usd, 0);
}
