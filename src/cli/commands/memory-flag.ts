/** Of the commands that plan or make merges. */
export const memoryFlag = {
  kind: "text",
  placeholder: "SIZE",
  about: "what merges may take beside the process and its model, such as 2GB; default: 1GB",
} as const;
