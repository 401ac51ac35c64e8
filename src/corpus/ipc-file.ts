import { flatRoot } from "./flat-table.ts";
import type { FlatTable } from "./flat-table.ts";
import { readMessage, unprefixedMetadata } from "./ipc-messages.ts";
import type { IpcMessage } from "./ipc-messages.ts";
import type { RandomFile } from "./random-file.ts";

const magicBytes = 6;
/** The footer's length and the magic word behind it. */
const tailBytes = 4 + magicBytes;

/**
 * The messages of an Arrow IPC file, found by the index at its end: what stands between is for
 * writers to lay out as they like.
 * Source: Arrow columnar format 1.5, "IPC File Format"
 * @throws Error where the file is cut short or damaged
 */
export async function* ipcFileMessages(file: RandomFile): AsyncGenerator<IpcMessage, void> {
  const footer = await readFooter(file);
  const schema = footer.table(1);
  if (schema === null) throw new Error("its footer has no schema");
  yield { kind: "schema", header: schema, body: new Uint8Array(0), endByte: 0 };
  for (const slot of [2, 3]) {
    for (const { offset, metadataBytes, bodyBytes } of footer.blocks(slot)) {
      const endByte = offset + metadataBytes + bodyBytes;
      const bytes = new Uint8Array(await file.slice(offset, endByte));
      // Metadata is padded, so the body behind it is aligned.
      yield readMessage(
        unprefixedMetadata(bytes.subarray(0, metadataBytes)),
        bytes.subarray(metadataBytes),
        endByte,
      );
    }
  }
}

async function readFooter(file: RandomFile): Promise<FlatTable> {
  const tailStart = file.bytes - tailBytes;
  if (tailStart < magicBytes) throw new Error("it is cut short");
  const tail = Buffer.from(await file.slice(tailStart, file.bytes));
  if (tail.toString("latin1", 4) !== "ARROW1")
    throw new Error("it is cut short: the magic word at its end is missing");
  const footerStart = tailStart - tail.readInt32LE(0);
  if (footerStart < magicBytes || footerStart >= tailStart) throw new Error("its footer is damaged");
  return flatRoot(new Uint8Array(await file.slice(footerStart, tailStart)));
}
