import AttendBase
import AttendNN
import AttendTensor

/// OLMo 2: norms behind the two halves of a block, queries and keys normed as a whole. OLMo Team 2025, arXiv:2501.00656.
public struct OLMo2: DecoderFamily {
  public let decoder: Decoder

  public init(_ scope: WeightScope, _ config: DecoderConfig) { decoder = Decoder(scope, config) }

  public static let architectures = ["Olmo2ForCausalLM"]
  public static let modelType = "olmo2"

  public static func configuration(_ fields: ConfigurationFields) throws -> DecoderConfig {
    var config = try DecoderConfig(fields, .init(normEpsilon: 1e-5))
    config.norms = .after
    config.queryKeyNorm = .whole
    config.hasProjectionBias = try fields.bool("attention_bias", default: false)
    config.hasOutputBias = config.hasProjectionBias
    try fields.finish(harmless: ConfigurationFields.harmless)
    return config
  }

  public static let gguf: GGUFMap? = GGUFMap(
    architecture: "olmo2", fields: GGUFMap.decoderFields,
    weights: GGUFMap.decoderWeights() + GGUFMap.normsAfter(), harmless: GGUFMap.harmlessRotary)
}

extension OLMo2: GGUFFamily {
  static func fields(of config: DecoderConfig) -> JSON.Object {
    var fields = named(config.sharedFields())
    fields["attention_bias"] = JSON(config.hasProjectionBias)
    return fields
  }
}
