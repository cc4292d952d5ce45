import AttendBase
import AttendFormats
import AttendTensor

/// Reads arbitrary bytes as a safetensors file and every tensor in it. Anything but an `AttendError` is a finding.
package func fuzzSafetensors(_ bytes: UnsafeRawBufferPointer) {
  guard let file = try? SafetensorsFile(MappedFile(copying: bytes, name: "fuzz.safetensors")) else { return }
  readAll(file.tensors)
}

/// Reads arbitrary bytes as a GGUF file, its metadata and every tensor in it. Anything but an `AttendError` is a
/// finding.
package func fuzzGGUF(_ bytes: UnsafeRawBufferPointer) {
  guard let file = try? GGUFFile(MappedFile(copying: bytes, name: "fuzz.gguf")) else { return }
  for (key, value) in file.metadata.entries {
    precondition(file.metadata[key] != nil)
    _ = (value.intValue, value.doubleValue, value.integers, value.floats)
    if let strings = value.strings { precondition(strings.reduce(0) { $0 + $1.count } == strings.bytes.count) }
  }
  readAll(file.tensors)
}

/// Reads arbitrary bytes as the index of a sharded checkpoint. Anything but an `AttendError` is a finding.
package func fuzzIndexJSON(_ bytes: UnsafeRawBufferPointer) {
  guard let index = try? ShardIndex(parsing: bytes, source: "fuzz.index.json") else { return }
  for shard in index.shards { precondition(!shard.contains("/") && shard != "..") }
}

private func readAll(_ tensors: TensorDirectory) {
  for entry in tensors.entries {
    precondition(entry.byteRange.lowerBound >= 0 && entry.byteRange.upperBound <= entry.file.count)
    precondition(tensors.contains(entry.name))
    guard let view = try? entry.view() else { continue }
    precondition(view.floats().count == elementCount(of: view.shape))
  }
}

/// Reads arbitrary bytes as arrays that NumPy saved, unpacking them. Anything but an `AttendError` is a finding.
package func fuzzNumPy(_ bytes: UnsafeRawBufferPointer) {
  guard let file = try? NumPyFile(MappedFile(copying: bytes, name: "fuzz.npz"), limit: 1 << 26) else { return }
  readAll(file.tensors)
}

/// Reads arbitrary bytes as an ONNX model and as one of its tensors. Anything but an `AttendError` is a finding.
package func fuzzONNX(_ bytes: UnsafeRawBufferPointer) {
  let file = MappedFile(copying: bytes, name: "fuzz.onnx")
  if let model = try? ONNXFile(file) { readAll(model.graph) }
  if let entry = try? ONNXFile.tensor(file), let view = try? entry.view() {
    precondition(view.floats().count == elementCount(of: view.shape))
  }
}

private func readAll(_ graph: ONNXGraph) {
  readAll(graph.initializers)
  for node in graph.nodes {
    for attribute in node.attributes.values {
      switch attribute {
      case .tensor(let entry): _ = try? entry.view().floats()
      case .graph(let inner): readAll(inner)
      default: break
      }
    }
  }
}
