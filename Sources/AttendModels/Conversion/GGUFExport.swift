import AttendBase
import AttendFormats
import AttendNN
import AttendTensor

/// A checkpoint's configuration and weights in another form.
package struct ConvertedModel<Configuration> {
  package let configuration: Configuration
  package let tensors: [ConvertedTensor]
}

extension ModelRegistry {
  /// A checkpoint's configuration and weights as GGUF files have them; what is GGUF already stays as it is.
  /// - Throws: `unsupported` naming the field of the configuration that GGUF cannot say; `parameter-mismatch` listing
  ///   weights that are missing or that the family does not know.
  package static func gguf(of checkpoint: Checkpoint) throws -> ConvertedModel<GGUFMetadata> {
    if case .gguf(let metadata) = checkpoint.configuration {
      return ConvertedModel(configuration: metadata, tensors: try copies(of: checkpoint))
    }
    let family = try family(of: checkpoint)
    guard let family = family as? any GGUFFamily.Type else {
      throw AttendError(.unsupported, "\(checkpoint.path): \(family) has no form in GGUF")
    }
    return try gguf(family, checkpoint)
  }

  /// The tensors as they are, whatever the model.
  private static func copies(of checkpoint: Checkpoint) throws -> [ConvertedTensor] {
    try checkpoint.tensors.entries.map { entry in
      let view = try entry.view()
      return ConvertedTensor(view.name, shape: view.shape, storedType: view.elementType) {
        let columns = view.shape.last ?? 1
        let rows = columns == 0 ? 0 : view.elementCount / columns
        guard
          let source = MatrixSource(
            elementType: view.elementType, rows: rows, columns: columns, owner: view.file,
            start: view.file.base + view.byteRange.lowerBound, release: { view.file.release(view.byteRange) })
        else {
          throw AttendError(
            .unsupported, "\(checkpoint.path): the tensor \(quoted(view.name)) has the type \(view.elementType)")
        }
        return [source]
      }
    }
  }

  private static func gguf<Family: GGUFFamily>(
    _ family: Family.Type, _ checkpoint: Checkpoint
  ) throws -> ConvertedModel<GGUFMetadata> {
    guard let map = Family.gguf else {
      throw AttendError(.unsupported, "\(checkpoint.path): \(family) has no form in GGUF")
    }
    let (config, weights) = try read(family, checkpoint)
    let fields = Family.ggufFields(of: config)
    var metadata = try map.metadata(fields, origin: checkpoint.path)
    let layers = metadata[map.architecture + ".block_count"]?.intValue ?? 0
    let key = map.architecture + ".attention.head_count"
    let query = max(metadata[key]?.intValue ?? 1, 1)
    let writer = GGUFTensors(
      map: map, weights: weights, layers: layers,
      heads: (query, max(metadata[key + "_kv"]?.intValue ?? query, 1)))
    let rotary = Family.rotaryTensors(of: config)
    let (own, problem) = try writer.tensors { Family.ignores(weight: $0, config) }
    let tensors =
      own
      + rotary.named.compactMap { name, values in
        map.weights.first { $0.parameter == name }.map { ConvertedTensor($0.tensor, floats: values) }
      }
    let vocabulary = tensors.first { $0.name == "token_embd.weight" }?.shape.first
    if let vocabulary, vocabulary <= Int(UInt32.max) {
      metadata[map.architecture + ".vocab_size"] = .uint32(UInt32(vocabulary))
    }
    // What readers of the file will see.
    let object = try map.configuration(
      metadata, tensors: Set(tensors.map(\.name)), vocabularySize: vocabulary, origin: checkpoint.path)
    guard
      let reader = families.lazy.compactMap({ $0 as? any GGUFFamily.Type }).first(where: {
        $0.gguf?.architecture == map.architecture
      })
    else { throw AttendError(.unsupported, "nothing reads \(map.architecture)") }
    try check(Family.fields(of: config), against: reader, object, rotary, origin: checkpoint.path)
    if let problem { throw problem }
    return ConvertedModel(configuration: metadata, tensors: tensors)
  }

  /// Refuses to write what would be read as something else.
  /// - Parameters:
  ///   - object: the fields that the new file's metadata become.
  private static func check<Family: GGUFFamily>(
    _ fields: JSON.Object, against family: Family.Type, _ object: JSON.Object, _ rotary: RotaryTensors, origin: String
  ) throws {
    var rotary = rotary
    let hasDivisors = rotary.divisors != nil
    rotary.divisors = nil
    var config = try Family.configuration(ConfigurationFields(object, origin: origin))
    try Family.take(rotary, into: &config, origin: origin)
    let found = Family.fields(of: config)
    let names = fields.keys + found.keys.filter { fields[$0] == nil }
    for name in names where name != "architectures" && name != "model_type" {
      // Llama 3's scaling is tensors, of which only the ratios of its numbers can be told.
      if hasDivisors && name == "rope_scaling" { continue }
      guard !isSame(fields[name], found[name]) else { continue }
      throw AttendError(
        .unsupported,
        "\(origin): GGUF cannot say that \"\(name)\" is \(shown(fields[name])): it would be read as \(shown(found[name]))",
        hint: "keep this model as safetensors")
    }
  }

  private static func shown(_ value: JSON?) -> String {
    let text = (value ?? .null).text()
    return text.count > 80 ? String(text.prefix(80)) + "…" : text
  }

  /// Absent, null, false and empty mean the same; 1 and 1.0 too.
  private static func isSame(_ first: JSON?, _ second: JSON?) -> Bool {
    func isAbsent(_ value: JSON?) -> Bool {
      value == nil || value == .null || value == .bool(false) || value?.arrayValue?.isEmpty == true
    }
    if isAbsent(first) || isAbsent(second) { return isAbsent(first) && isAbsent(second) }
    if let first = first?.doubleValue, let second = second?.doubleValue { return first == second }
    return first == second
  }
}

/// Finds the parameters that each tensor of a GGUF file is made of.
private struct GGUFTensors {
  let map: GGUFMap
  let weights: any WeightSource
  let layers: Int
  let heads: (query: Int, key: Int)

  /// - Returns: the tensors, and what is wrong with them, if anything: a configuration that GGUF cannot say tells more.
  func tensors(ignoring isIgnored: (String) -> Bool) throws -> ([ConvertedTensor], problem: AttendError?) {
    let present = Set(weights.names.filter { !isIgnored($0) })
    var used: Set<String> = []
    var result: [ConvertedTensor] = []
    var layersWith: [String: Int] = [:]
    for (parameter, tensor, layout) in map.tensors(layers: layers) {
      if case .stacked = layout {
        let names = experts(parameter, in: present)
        guard !names.isEmpty else { continue }
        used.formUnion(names)
        result.append(try stack(names, tensor))
      } else {
        guard present.contains(parameter) else { continue }
        used.insert(parameter)
        result.append(try single(parameter, tensor, layout))
      }
      if tensor.hasPrefix("blk.") { layersWith[kind(tensor), default: 0] += 1 }
    }
    return (result, problem(present, used, layersWith))
  }

  private func kind(_ tensor: String) -> String { tensor.split(separator: ".").dropFirst(2).joined(separator: ".") }

  private func problem(_ present: Set<String>, _ used: Set<String>, _ layersWith: [String: Int]) -> AttendError? {
    let unknown = present.subtracting(used).sorted()
    if !unknown.isEmpty {
      return AttendError(
        .parameterMismatch,
        "\(weights.origin): GGUF has no place for \(unknown.prefix(5).map(quoted).joined(separator: ", "))"
          + (unknown.count > 5 ? " and \(unknown.count - 5) more" : ""),
        hint: "keep this model as safetensors")
    }
    let table = map.weights.first { $0.tensor == "token_embd.weight" }?.parameter ?? ""
    guard used.contains(table) else {
      return AttendError(.parameterMismatch, "\(weights.origin): the weight \(quoted(table)) is missing")
    }
    guard let (kind, count) = layersWith.sorted(by: { $0.key < $1.key }).first(where: { $0.value != layers }) else {
      return nil
    }
    return AttendError(
      .parameterMismatch, "\(weights.origin): only \(count) of \(layers) layers have what GGUF calls \(kind)",
      hint: "is a shard missing?")
  }

  /// The same parameter of all experts of a layer.
  private func experts(_ pattern: String, in present: Set<String>) -> [String] {
    let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
    var names: [String] = []
    while true {
      let name = parts.joined(separator: String(names.count))
      guard present.contains(name) else { return names }
      names.append(name)
    }
  }

  private func weight(_ name: String) throws -> StoredWeight {
    guard let weight = try weights.weight(name) else {
      throw AttendError(.parameterMismatch, "\(weights.origin): the weight \(quoted(name)) is missing")
    }
    return weight
  }

  private func single(_ parameter: String, _ tensor: String, _ layout: GGUFMap.Layout) throws -> ConvertedTensor {
    let found = try weight(parameter)
    var shape = found.shape
    switch layout {
    case .transposed where shape.count == 2: shape = shape.reversed()
    case .oneRow where shape.count == 2 && shape[0] == 1: shape = [shape[1]]
    default: break
    }
    var offset: Float = 0
    if case .plusOne = layout { offset = 1 }
    return ConvertedTensor(tensor, shape: shape, storedType: found.source.elementType, offset: offset) {
      let stored = try layout.stored(found, heads: heads, name: parameter, origin: weights.origin)
      return [stored.source]
    }
  }

  private func stack(_ names: [String], _ tensor: String) throws -> ConvertedTensor {
    let found = try names.map(weight)
    guard let first = found.first, found.allSatisfy({ $0.shape == first.shape }) else {
      throw AttendError(
        .parameterMismatch, "\(weights.origin): experts of different shapes, such as \(quoted(names[0]))")
    }
    return ConvertedTensor(tensor, shape: [found.count] + first.shape, storedType: first.source.elementType) {
      found.map(\.source)
    }
  }
}
