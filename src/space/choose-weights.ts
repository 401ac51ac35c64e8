/** The ONNX file of a package that is meant, or why none is, and what to write. */
export type WeightsChoice =
  | { readonly file: string }
  | { readonly file: null; readonly reason: string; readonly whatToDo: string };

/** Where exporters put the float model, best first. */
const usualFiles = ["onnx/model.onnx", "model.onnx"];

/**
 * Chooses among the ONNX files of a package.
 * @param chosen what `onnxFile=` names
 */
export function chooseWeights(onnxFiles: readonly string[], chosen: string | undefined): WeightsChoice {
  if (chosen !== undefined) {
    if (onnxFiles.includes(chosen)) return { file: chosen };
    const has = onnxFiles.join(", ") || "none";
    return {
      file: null,
      reason: `${chosen} is not found`,
      whatToDo: `onnxFile= names a file of the package, and its ONNX files are: ${has}`,
    };
  }
  const usual = usualFiles.find((file) => onnxFiles.includes(file));
  if (usual !== undefined) return { file: usual };
  const [only, ...others] = onnxFiles;
  if (only === undefined) {
    return {
      file: null,
      reason: "no ONNX file and no static model in it",
      whatToDo: "use a package that has one",
    };
  }
  if (others.length === 0) return { file: only };
  return {
    file: null,
    reason: `several ONNX files: ${onnxFiles.join(", ")}`,
    whatToDo: "choose one: ?onnxFile=… behind the reference",
  };
}
