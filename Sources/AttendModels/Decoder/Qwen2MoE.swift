import AttendBase
import AttendNN
import AttendTensor

/// Qwen 1.5 and 2 with mixtures of experts, one of which every token goes to. Yang et al. 2024, arXiv:2407.10671.
public struct Qwen2MoE: DecoderFamily {
  public let decoder: Decoder

  public init(_ scope: WeightScope, _ config: DecoderConfig) { decoder = Decoder(scope, config) }

  public static let architectures = ["Qwen2MoeForCausalLM"]
  public static let modelType = "qwen2_moe"

  public static func configuration(_ fields: ConfigurationFields) throws -> DecoderConfig {
    var config = try DecoderConfig(fields, .init(intermediateSize: 5632, contextLength: 32_768))
    config.hasProjectionBias = try fields.bool("qkv_bias", default: true)
    try config.readExperts(
      fields, countName: "num_experts", .init(count: 60, chosen: 4, intermediateSize: 1408),
      normalizes: fields.bool("norm_topk_prob", default: false))
    config.experts?.sharedIntermediateSize = try fields.integer(
      "shared_expert_intermediate_size", default: 5632, in: 1...1 << 22)
    // Windows go to the first layers here, not to the last ones as in Qwen 2: every second of them.
    let slides = try fields.bool("use_sliding_window", default: false)
    let window = try fields.integer("sliding_window", default: 4096, in: 0...1 << 28)
    let first = try fields.integer("max_window_layers", default: 28, in: 0...1 << 16)
    try config.readWindows(fields, window: slides && window > 0 ? window : nil) { $0 % 2 == 0 && $0 < first }
    try fields.finish(harmless: ConfigurationFields.harmless.union(DecoderConfig.harmlessRouting))
    return config
  }

  public static let gguf: GGUFMap? = GGUFMap(
    architecture: "qwen2moe", fields: GGUFMap.decoderFields + GGUFMap.expertFields(count: "num_experts"),
    weights: GGUFMap.decoderWeights() + GGUFMap.normsBefore() + GGUFMap.expertWeights(),
    harmless: GGUFMap.harmlessRotary)
}

extension Qwen2MoE: GGUFFamily {
  static func fields(of config: DecoderConfig) -> JSON.Object {
    var fields = named(config.sharedFields())
    fields["qkv_bias"] = JSON(config.hasProjectionBias)
    config.addQwenExperts(to: &fields)
    config.addQwenWindows(to: &fields)
    return fields
  }
}
