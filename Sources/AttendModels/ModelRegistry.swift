import AttendBase
import AttendFormats
import AttendNN
import AttendTensor

/// From a checkpoint to a model: the architecture's name decides the family.
public enum ModelRegistry {
  /// Every family that runs. A new one is a line here.
  public static let families: [any ModelFamily.Type] = [
    GPT2.self, GPTNeoX.self, Llama.self, Mistral.self, Mixtral.self, Qwen2.self, Qwen2MoE.self, Qwen3.self,
    Qwen3MoE.self, Phi3.self, OLMo2.self, Gemma.self, Gemma2.self, Gemma3.self, Transformer.self, Seq2SeqRNN.self,
  ]

  /// The family of a checkpoint.
  /// - Throws: `unsupported` naming the architecture and those that are known.
  public static func family(of checkpoint: Checkpoint) throws -> any ModelFamily.Type {
    let origin = checkpoint.path
    let found: String
    switch checkpoint.configuration {
    case .gguf(let metadata):
      guard let name = metadata["general.architecture"]?.stringValue else {
        throw AttendError(.damagedFile, "\(origin): general.architecture is missing")
      }
      if let family = families.first(where: { $0.gguf?.architecture == name }) { return family }
      found = name
    case .huggingFace(let json):
      let names = json["architectures"]?.arrayValue?.compactMap(\.stringValue) ?? []
      for name in names {
        if let family = families.first(where: { $0.architectures.contains(name) }) { return family }
      }
      let type = json["model_type"]?.stringValue
      if names.isEmpty, let family = families.first(where: { $0.modelType == type }) {
        return family
      }
      found = names.first ?? type ?? "none named"
    case .none:
      throw AttendError(
        .notFound, "\(origin): there is no config.json beside the weights",
        hint: "put the model's config.json into the same folder")
    }
    throw AttendError(
      .unsupported, "\(origin): the architecture \(found) is not supported",
      hint: "known: " + families.flatMap { $0.architectures }.joined(separator: ", "))
  }

  /// Reads a language model's configuration, checks it and packs the weights for this machine.
  /// - Parameters:
  ///   - precision: nil for `defaultPrecision(of:)`.
  ///   - adapters: what is added to its weights.
  /// - Throws: `unsupported` for a model of another kind, saying how it is run; `parameter-mismatch` for an adapter of
  ///   another model.
  public static func load(
    _ checkpoint: Checkpoint, precision: Precision? = nil, adapters: [LowRankAdapter] = []
  ) throws -> any CausalLanguageModel {
    try load(checkpoint, precision, adapters, kind: .language)
  }

  /// Reads an encoder-decoder's configuration, checks it and packs the weights for this machine.
  /// - Parameter precision: nil for `defaultPrecision(of:)`.
  /// - Throws: `unsupported` for a model of another kind, saying how it is run.
  public static func loadSequenceToSequence(_ checkpoint: Checkpoint, precision: Precision? = nil) throws
    -> any SequenceToSequenceModel
  {
    try load(checkpoint, precision, [], kind: .sequenceToSequence)
  }

  /// - Parameter kind: that of `Model`, so that a model of another kind is refused before its weights are packed.
  private static func load<Model>(
    _ checkpoint: Checkpoint, _ precision: Precision?, _ adapters: [LowRankAdapter], kind: ModelKind
  ) throws -> Model {
    let family = try family(of: checkpoint)
    guard family.kind == kind,
      let model = try load(family, checkpoint, precision ?? defaultPrecision(of: checkpoint), adapters) as? Model
    else {
      throw AttendError(.unsupported, "\(checkpoint.path) is \(family.kind.description)", hint: family.kind.usage)
    }
    return model
  }

  /// `.fast` where it costs no precision of the weights (bfloat16 and quantized files) or the processor multiplies
  /// bfloat16 in hardware, otherwise `.exact`.
  public static func defaultPrecision(of checkpoint: Checkpoint) -> Precision {
    if Hardware.multipliesBFloat16 { return .fast }
    let largest = checkpoint.tensors.entries.max { $0.byteRange.count < $1.byteRange.count }
    switch largest?.elementType {
    case .blocks, .dense(.bfloat16): return .fast
    case .dense, nil: return .exact
    }
  }

  private static func load<Family: ModelFamily>(
    _ family: Family.Type, _ checkpoint: Checkpoint, _ precision: Precision, _ adapters: [LowRankAdapter]
  ) throws -> any ModelFamily {
    var (config, weights) = try read(family, checkpoint)
    var additions: [String: LowRankPart.Factors] = [:]
    if !adapters.isEmpty {
      additions = try LowRankAdapter.factors(
        of: adapters, basePrefix: Family.basePrefix, names: Set(weights.names))
      weights = AdaptedWeights(weights, adapters, basePrefix: Family.basePrefix)
    }
    // What an adapter replaces has to be used: nobody trained it for nothing.
    let replaced = (weights as? AdaptedWeights)?.replacedNames ?? []
    let ignored = Set(weights.names.filter { Family.ignores(weight: $0, config) && !replaced.contains($0) })
    return try WeightScope.build(from: weights, precision: precision, ignoring: ignored, adding: additions) {
      Family($0, config)
    }
  }

  /// A family's configuration and where its weights are.
  package static func read<Family: ModelFamily>(
    _ family: Family.Type, _ checkpoint: Checkpoint
  ) throws -> (config: Family.Config, weights: any WeightSource) {
    let object: JSON.Object
    var map: GGUFMap?
    var heads = (query: 1, key: 1)
    switch checkpoint.configuration {
    case .gguf(let metadata):
      guard let gguf = Family.gguf else {
        throw AttendError(.unsupported, "\(checkpoint.path): \(Family.self) has no form in GGUF")
      }
      map = gguf
      object = try gguf.configuration(metadata, checkpoint.tensors, origin: checkpoint.path)
      let key = gguf.architecture + ".attention.head_count"
      heads.query = max(metadata[key]?.intValue ?? 1, 1)
      heads.key = max(metadata[key + "_kv"]?.intValue ?? heads.query, 1)
    case .huggingFace(let json):
      guard let fields = json.objectValue else {
        throw AttendError(
          .damagedFile, "\(checkpoint.path): config.json is \(json.kind), expected an object")
      }
      object = fields
    case .none: object = JSON.Object()
    }
    let origin = map == nil ? "config.json" : checkpoint.path
    let config = try Family.configuration(ConfigurationFields(object, origin: origin))
    let weights = CheckpointWeights(
      checkpoint.tensors, origin: checkpoint.path, gguf: map, basePrefix: Family.basePrefix,
      heads: heads)
    return (config, weights)
  }
}
