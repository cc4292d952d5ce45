import AttendBase
import AttendNN
import AttendTensor

/// Gemma: Llama with scaled embeddings and norms that keep w of 1 + w. Gemma Team 2024, arXiv:2403.08295.
public struct Gemma: DecoderFamily {
  public let decoder: Decoder

  public init(_ scope: WeightScope, _ config: DecoderConfig) { decoder = Decoder(scope, config) }

  public static let architectures = ["GemmaForCausalLM"]
  public static let modelType = "gemma"

  public static func configuration(_ fields: ConfigurationFields) throws -> DecoderConfig {
    // The first files say "gelu" and mean its approximation, which `hidden_activation` then corrects.
    _ = try fields.string("hidden_act")
    var config = try DecoderConfig(fields, .gemma)
    config.becomeGemma()
    config.hasProjectionBias = try fields.bool("attention_bias", default: false)
    config.hasOutputBias = config.hasProjectionBias
    try fields.finish(harmless: ConfigurationFields.harmless)
    return config
  }

  public static let gguf: GGUFMap? = GGUFMap(
    architecture: "gemma", fields: GGUFMap.decoderFields,
    weights: GGUFMap.decoderWeights(norm: .plusOne) + GGUFMap.normsBefore(.plusOne), harmless: GGUFMap.harmlessRotary)
}

extension DecoderConfig.Defaults {
  static let gemma = DecoderConfig.Defaults(
    headWidth: 256, contextLength: 8192, activation: .geluTanh, activationName: "hidden_activation",
    tiesEmbeddings: true)
}

extension DecoderConfig {
  /// What the three Gemmas share.
  mutating func becomeGemma() {
    normsAreShifted = true
    // The reference rounds √width to the type of its activations, which are float32 here.
    embeddingScale = Float(hiddenSize).squareRoot()
  }

  /// `query_pre_attn_scalar`.
  mutating func readQueryScalar(_ fields: ConfigurationFields) throws {
    let scalar = try fields.number("query_pre_attn_scalar", default: 256)
    guard scalar > 0 else { throw fields.unsupported("query_pre_attn_scalar is \(scalar)") }
    queryScalar = scalar
  }
}

extension GGUFMap {
  /// GGUF files leave the divisor of the scores to the reader: the head's width, but for the largest model of a family.
  static func completeQueryScalar(_ object: inout JSON.Object, largestLayerCount: Int) {
    let width = object["head_dim"]?.intValue ?? 256
    let hidden = object["hidden_size"]?.intValue ?? 0
    let heads = object["num_attention_heads"]?.intValue ?? 1
    let isLargest = object["num_hidden_layers"]?.intValue == largestLayerCount
    object["query_pre_attn_scalar"] = JSON(isLargest ? hidden / max(heads, 1) : width)
  }
}

extension Gemma: GGUFFamily {
  static func fields(of config: DecoderConfig) -> JSON.Object {
    var fields = named(config.sharedFields(activationName: "hidden_activation"))
    fields["hidden_act"] = fields["hidden_activation"]
    fields["attention_bias"] = JSON(config.hasProjectionBias)
    return fields
  }
}
