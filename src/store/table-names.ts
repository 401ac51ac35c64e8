import type { Connection } from "@lancedb/lancedb";

/** Names per page; LanceDB lists ten where nothing is said. */
const namesPerPage = 1000;

/** Every table of a database, ours and others', finished or not, in order of name. */
export async function allTableNames(connection: Connection): Promise<string[]> {
  const names: string[] = [];
  for (;;) {
    const last = names.at(-1);
    const page = await connection.tableNames({
      limit: namesPerPage,
      ...(last === undefined ? {} : { startAfter: last }),
    });
    names.push(...page);
    if (page.length < namesPerPage) return names;
  }
}

/** Whether there is a table of this name. */
export async function tableExists(connection: Connection, name: string): Promise<boolean> {
  return (await allTableNames(connection)).includes(name);
}
