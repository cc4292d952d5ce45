import AttendBase
import AttendNN
import AttendTensor

/// Qwen 3: queries and keys are normed head by head. Yang et al. 2025, arXiv:2505.09388.
public struct Qwen3: DecoderFamily {
  public let decoder: Decoder

  public init(_ scope: WeightScope, _ config: DecoderConfig) { decoder = Decoder(scope, config) }

  public static let architectures = ["Qwen3ForCausalLM"]
  public static let modelType = "qwen3"

  public static func configuration(_ fields: ConfigurationFields) throws -> DecoderConfig {
    var config = try DecoderConfig(fields, .init(headWidth: 128, contextLength: 32_768))
    config.queryKeyNorm = .heads
    config.hasProjectionBias = try fields.bool("attention_bias", default: false)
    config.hasOutputBias = config.hasProjectionBias
    try config.readQwenWindows(fields)
    try fields.finish(harmless: ConfigurationFields.harmless)
    return config
  }

  public static let gguf: GGUFMap? = GGUFMap(
    architecture: "qwen3", fields: GGUFMap.decoderFields,
    impliedBy: [("attention_bias", "model.layers.0.self_attn.q_proj.bias")],
    weights: GGUFMap.decoderWeights() + GGUFMap.normsBefore(), harmless: GGUFMap.harmlessRotary)
}

extension Qwen3: GGUFFamily {
  static func fields(of config: DecoderConfig) -> JSON.Object {
    var fields = named(config.sharedFields())
    fields["attention_bias"] = JSON(config.hasProjectionBias)
    config.addQwenWindows(to: &fields)
    return fields
  }
}
