import AttendBase
import AttendFormats
import AttendModels
import AttendTensor

/// What a checkpoint is, told from its directory alone: no weight is read.
public struct ModelInfo: Sendable {
  /// Tensors of one stored type.
  public struct Weights: Sendable {
    /// As the file's format calls it: `BF16`, `Q4_1`.
    public let type: String
    public let tensors: Int
    public let parameters: Int
    public let bytes: Int
  }

  public let path: String
  /// `GGUF` or `safetensors`.
  public let format: String
  /// The name that the model was given, if any.
  public let name: String?
  /// As the checkpoint calls it: `LlamaForCausalLM`, `llama`. nil without a configuration.
  public let architecture: String?
  /// Whether this version runs the architecture.
  public let isSupported: Bool
  public let layers: Int?
  public let width: Int?
  /// Positions that the model was made for.
  public let contextLength: Int?
  public let vocabularySize: Int?
  /// What is stored, the type with most bytes first.
  public let weights: [Weights]
  public let hasTokenizer: Bool
  public let hasChatTemplate: Bool
  /// What loading chooses when it is not told.
  public let defaultPrecision: Precision

  public var parameters: Int { weights.reduce(0) { $0 + $1.parameters } }
  public var bytes: Int { weights.reduce(0) { $0 + $1.bytes } }

  public init(_ checkpoint: Checkpoint) {
    path = checkpoint.path
    isSupported = (try? ModelRegistry.family(of: checkpoint)) != nil
    defaultPrecision = ModelRegistry.defaultPrecision(of: checkpoint)
    hasChatTemplate = (try? ChatTemplateSource(checkpoint)) != nil
    if case .none = checkpoint.tokenizer { hasTokenizer = false } else { hasTokenizer = true }
    let integer: (_ json: [String], _ gguf: String) -> Int?
    switch checkpoint.configuration {
    case .gguf(let metadata):
      format = "GGUF"
      name = metadata["general.name"]?.stringValue
      let family = metadata["general.architecture"]?.stringValue
      architecture = family
      integer = { _, key in metadata["\(family ?? "").\(key)"]?.intValue }
      vocabularySize = metadata["tokenizer.ggml.tokens"]?.arrayValue?.count ?? integer([], "vocab_size")
    case .huggingFace(let json):
      format = "safetensors"
      name = nil
      architecture = json["architectures"]?[0]?.stringValue ?? json["model_type"]?.stringValue
      integer = { names, _ in names.lazy.compactMap { json[$0]?.intValue }.first }
      vocabularySize = integer(["vocab_size"], "")
    case .none:
      format = "safetensors"
      name = nil
      architecture = nil
      integer = { _, _ in nil }
      vocabularySize = nil
    }
    layers = integer(["num_hidden_layers", "n_layer", "encoder_layers"], "block_count")
    width = integer(["hidden_size", "n_embd", "d_model"], "embedding_length")
    contextLength = integer(["max_position_embeddings", "n_positions"], "context_length")
    weights = ModelInfo.weights(checkpoint.tensors)
  }

  private static func weights(_ tensors: TensorDirectory) -> [Weights] {
    var types: [String: (tensors: Int, parameters: Int, bytes: Int)] = [:]
    for entry in tensors.entries {
      // The readers have checked that the product fits.
      let parameters = entry.shape.reduce(1, *)
      let known = types[entry.typeName] ?? (0, 0, 0)
      types[entry.typeName] = (known.tensors + 1, known.parameters + parameters, known.bytes + entry.byteRange.count)
    }
    return types.map { type, sum in
      Weights(type: type, tensors: sum.tensors, parameters: sum.parameters, bytes: sum.bytes)
    }.sorted { ($1.bytes, $0.type) < ($0.bytes, $1.type) }
  }
}
