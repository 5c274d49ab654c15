/** What a verdict's history covered, for people: `history 5.5 of 24 h`, in whole tenths that are not rounded up. */
export function coverageText(seconds: number): string {
  return `history ${Math.floor(seconds / 360) / 10} of 24 h`;
}
