import AttendBase
import AttendFormats

extension GGUFMap {
  /// Fields as the file's metadata, the inverse of ``configuration(_:_:origin:)``.
  /// - Throws: `unsupported` for a value that the key cannot hold.
  func metadata(_ object: JSON.Object, origin: String) throws(AttendError) -> GGUFMetadata {
    var metadata = GGUFMetadata()
    metadata["general.architecture"] = .string(architecture)
    metadata["general.type"] = .string("model")
    for field in fields {
      guard let value = object[field.name], !value.isNull else { continue }
      guard let stored = Self.value(value, field.kind) else {
        throw AttendError(
          .unsupported, "\(origin): GGUF cannot say that \"\(field.name)\" is \(value.text())",
          hint: "the key \(architecture).\(field.key) holds \(field.kind.description)")
      }
      metadata["\(architecture).\(field.key)"] = stored
    }
    return metadata
  }

  private static func value(_ value: JSON, _ kind: Field.Kind) -> GGUFValue? {
    switch kind {
    case .count: value.intValue.flatMap(UInt32.init(exactly:)).map(GGUFValue.uint32)
    case .number: value.doubleValue.map { GGUFValue.float32(Float($0)) }
    case .flag: value.boolValue.map(GGUFValue.bool)
    case .text: value.stringValue.map(GGUFValue.string)
    }
  }

  /// The tensors of a model with so many layers and what they hold, in the order of the layers.
  func tensors(layers: Int) -> [(parameter: String, tensor: String, layout: Layout)] {
    var result = weights.filter { !$0.tensor.contains("{}") }
    let repeated = weights.filter { $0.tensor.contains("{}") }
    for layer in 0..<max(layers, 0) {
      for entry in repeated {
        result.append((Self.numbered(entry.parameter, layer), Self.numbered(entry.tensor, layer), entry.layout))
      }
    }
    return result
  }

  private static func numbered(_ pattern: String, _ layer: Int) -> String {
    pattern.split(separator: ".", omittingEmptySubsequences: false).map { $0 == "{}" ? String(layer) : String($0) }
      .joined(separator: ".")
  }
}

extension GGUFMap.Field.Kind {
  fileprivate var description: String {
    switch self {
    case .count: "a whole number from 0 to 2³² − 1"
    case .number: "a number"
    case .flag: "true or false"
    case .text: "a text"
    }
  }
}
