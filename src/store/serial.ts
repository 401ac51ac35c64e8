/** Runs tasks one after the other, in the order in which they are given. */
export type Serial = <Result>(task: () => Promise<Result>) => Promise<Result>;

/** A new line of tasks. A task that fails does not stop those behind it. */
export function serial(): Serial {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const result = last.then(task, task);
    last = result;
    return result;
  };
}
