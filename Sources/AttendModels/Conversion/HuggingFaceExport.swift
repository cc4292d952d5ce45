import AttendBase
import AttendFormats
import AttendNN

extension ModelRegistry {
  /// A GGUF file's configuration and weights as Hugging Face's checkpoints have them; what is one already stays as it is.
  /// - Throws: `unsupported` for a model that no `config.json` can say, `parameter-mismatch`, `damaged-file`.
  package static func huggingFace(of checkpoint: Checkpoint) throws -> ConvertedModel<JSON.Object> {
    let family = try family(of: checkpoint)
    guard let family = family as? any GGUFFamily.Type else {
      throw AttendError(.unsupported, "\(checkpoint.path): \(family) is not converted")
    }
    return try huggingFace(family, checkpoint)
  }

  private static func huggingFace<Family: GGUFFamily>(
    _ family: Family.Type, _ checkpoint: Checkpoint
  ) throws -> ConvertedModel<JSON.Object> {
    var (config, weights) = try read(family, checkpoint)
    func floats(_ name: String) throws -> [Float]? {
      try weights.weight(name).map { $0.source.expanded().scalars(Float.self) }
    }
    let rotary = RotaryTensors(
      divisors: try floats("model.rotary_divisors"), short: try floats("model.rotary_short"),
      long: try floats("model.rotary_long"))
    try Family.take(rotary, into: &config, origin: checkpoint.path)
    let inConfiguration = Set(rotary.named.map(\.name))
    var tensors: [ConvertedTensor] = []
    for name in weights.names where !inConfiguration.contains(name) && !Family.ignores(weight: name, config) {
      guard let weight = try weights.weight(name) else { continue }
      tensors.append(
        ConvertedTensor(name, shape: weight.shape, storedType: weight.source.elementType) {
          // Read anew, so that no more than one tensor is in memory.
          guard let weight = try weights.weight(name) else { return [] }
          return [weight.isTransposed ? weight.source.transposed() : weight.source]
        })
    }
    if case .huggingFace(let json) = checkpoint.configuration, let fields = json.objectValue {
      return ConvertedModel(configuration: fields, tensors: tensors)
    }
    let fields = Family.fields(of: config)
    // What is written has to be what was read.
    let again = try Family.configuration(ConfigurationFields(fields, origin: "config.json"))
    let written = Family.fields(of: again)
    for (name, value) in fields where written[name] != value {
      throw AttendError(
        .unsupported, "\(checkpoint.path): a config.json cannot say that \"\(name)\" is \(value.text())")
    }
    return ConvertedModel(configuration: fields, tensors: tensors)
  }
}
