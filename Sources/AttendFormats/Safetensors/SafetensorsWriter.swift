import AttendBase
import AttendTensor

/// Writes safetensors files.
///
/// The same tensors and metadata give the same bytes whatever their order: like the reference implementation, wide
/// element types come first, then names decide; so every tensor is aligned to its element.
public enum SafetensorsWriter {
  /// Writes a file that appears whole or not at all.
  ///
  /// - Throws: `invalidInput` when a name occurs twice or is `__metadata__`, a type is not in the format, or a tensor
  ///   hands over too many or too few bytes; `notFound` or `system` when the file cannot be written.
  public static func write(
    _ tensors: [TensorToWrite], metadata: [String: String] = [:], to path: String
  ) throws {
    try writeAtomically(to: path) { file in
      try write(tensors, metadata: metadata) { try file.write($0) }
    }
  }

  /// The bytes of such a file.
  ///
  /// - Throws: as ``write(_:metadata:to:)``.
  public static func bytes(_ tensors: [TensorToWrite], metadata: [String: String] = [:]) throws -> [UInt8] {
    var bytes: [UInt8] = []
    try write(tensors, metadata: metadata) { bytes.append(contentsOf: $0) }
    return bytes
  }

  private static func write(
    _ tensors: [TensorToWrite], metadata: [String: String], to sink: TensorToWrite.Sink
  ) throws {
    try checkNamesDiffer(tensors)
    let ordered = tensors.sorted {
      ($1.elementType.bytesPerBlock, $0.name) < ($0.elementType.bytesPerBlock, $1.name)
    }
    try header(ordered, metadata).withUnsafeBytes(sink)
    for tensor in ordered { try tensor.write(to: sink) }
  }

  private static func header(
    _ tensors: [TensorToWrite], _ metadata: [String: String]
  ) throws(AttendError) -> [UInt8] {
    var members = JSON.Object()
    if !metadata.isEmpty {
      var pairs = JSON.Object()
      for (key, value) in metadata.sorted(by: { $0.key < $1.key }) { pairs[key] = .string(value) }
      members["__metadata__"] = .object(pairs)
    }
    var offset = 0
    for tensor in tensors {
      guard case .dense(let type) = tensor.elementType else {
        throw AttendError(
          .invalidInput, "safetensors has no type \(tensor.elementType), which \(quoted(tensor.name)) has",
          hint: "write GGUF instead, or unpack to float32")
      }
      guard tensor.name != "__metadata__" else {
        throw AttendError(.invalidInput, "a tensor cannot have the name \"__metadata__\"")
      }
      let (end, overflow) = offset.addingReportingOverflow(tensor.byteCount)
      guard !overflow else { throw AttendError(.invalidInput, "the tensors' sizes add up beyond 2⁶³ bytes") }
      members[tensor.name] = [
        "dtype": .string(SafetensorsType.name(of: type)), "shape": JSON(tensor.shape),
        "data_offsets": JSON([offset, end]),
      ]
      offset = end
    }
    let text = JSON.object(members).utf8()
    guard text.count + 8 <= SafetensorsFile.maximumHeaderBytes else {
      throw AttendError(.invalidInput, "names and metadata take \(text.count) bytes; the format's limit is 100 MB")
    }
    // Spaces after the header let the data start at a multiple of eight.
    let padded = (text.count + 7) / 8 * 8
    var header = withUnsafeBytes(of: UInt64(padded).littleEndian) { Array($0) }
    header += text
    header += repeatElement(UInt8(ascii: " "), count: padded - text.count)
    return header
  }
}
