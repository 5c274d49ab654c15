export function page(_r: unknown, _l?: string): string {
  return '';
}
