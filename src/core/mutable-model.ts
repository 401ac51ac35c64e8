/** What is said wherever a hosted model is shown whose name does not pin its weights. */
export function describeMutable(reference: string): string {
  return `${reference} has no version in its name: the provider may change its weights, and no pin will tell`;
}
