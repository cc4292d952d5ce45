import AttendBase
import AttendFormats
import AttendGeneration
import AttendModels
import AttendTensor

/// Reads arbitrary bytes as a GGUF file, turns its configuration and weights into a Hugging Face checkpoint's and those
/// into GGUF's again. Anything but an error is a finding.
package func fuzzConversion(_ bytes: UnsafeRawBufferPointer) {
  guard let folder = try? TemporaryFolder(), let path = try? folder.write("fuzz.gguf", Array(bytes)),
    let checkpoint = try? Checkpoint(path: path)
  else { return }
  if let model = try? ModelRegistry.gguf(of: checkpoint) {
    let policy = QuantizationPolicy(.blocks(.q4K), metadata: model.configuration, names: model.tensors.map(\.name))
    for tensor in model.tensors { _ = policy.type(of: tensor) }
  }
  guard let model = try? ModelRegistry.huggingFace(of: checkpoint),
    let tensors = try? model.tensors.map({ try $0.writing(as: .dense(.float32)) { _ in } }),
    let weights = try? SafetensorsWriter.bytes(tensors)
  else { return }
  let configuration = JSON.object(model.configuration).utf8()
  func file(_ bytes: [UInt8], _ name: String) -> MappedFile {
    bytes.withUnsafeBytes { MappedFile(copying: $0, name: name) }
  }
  guard
    let written = try? Checkpoint(
      name: "written", weights: file(weights, "model.safetensors"), configuration: file(configuration, "config.json"),
      tokenizer: nil),
    let again = try? ModelRegistry.gguf(of: written)
  else { return }
  for tensor in again.tensors {
    _ = try? GGUFWriter.bytes([tensor.writing(as: .dense(.float32)) { _ in }], metadata: GGUFMetadata())
  }
}
